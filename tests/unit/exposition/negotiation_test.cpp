#include "exposition/negotiation.h"

#include <gtest/gtest.h>

#include <string_view>

namespace perf_exporter {
namespace {

// The Accept headers of prometheus/prometheus, scrape/scrape.go: a constant up to 2.48, composed
// from scrape_protocols by acceptHeader() since.
constexpr std::string_view kPrometheus242 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr std::string_view kPrometheus249 =
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
constexpr std::string_view kPrometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
constexpr std::string_view kPrometheus3NativeHistograms =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
constexpr std::string_view kPrometheus3TextOnly =
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2";
constexpr std::string_view kPrometheus3TextFirst =
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3";

Format format_for(std::string_view accept) {
  return negotiate(accept).format;
}

TEST(Negotiation, GivesPrometheusItsFirstChoice) {
  EXPECT_EQ(format_for(kPrometheus242), Format::openmetrics);
  EXPECT_EQ(format_for(kPrometheus249), Format::openmetrics);
  EXPECT_EQ(format_for(kPrometheus3), Format::openmetrics);
  EXPECT_EQ(format_for(kPrometheus3NativeHistograms), Format::openmetrics);
  EXPECT_EQ(format_for(kPrometheus3TextOnly), Format::text);
  EXPECT_EQ(format_for(kPrometheus3TextFirst), Format::text);
}

TEST(Negotiation, GivesTextToWhoDoesNotNameOpenMetrics) {
  EXPECT_EQ(format_for(""), Format::text);
  EXPECT_EQ(format_for("*/*"), Format::text);
  EXPECT_EQ(format_for("application/*"), Format::text);
  EXPECT_EQ(format_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            Format::text);
  EXPECT_EQ(format_for("application/json"), Format::text);
}

TEST(Negotiation, SpeaksOnlyVersionsItKnows) {
  EXPECT_EQ(format_for("application/openmetrics-text"), Format::openmetrics);
  EXPECT_EQ(format_for("application/openmetrics-text; version=0.0.1"), Format::openmetrics);
  EXPECT_EQ(format_for("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8"),
            Format::openmetrics);
  EXPECT_EQ(format_for("application/openmetrics-text; version=2.0.0"), Format::text);
}

TEST(Negotiation, WeighsQualities) {
  EXPECT_EQ(format_for("application/openmetrics-text;q=0.3,text/plain;q=0.4"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=0.401,text/plain;q=0.4"),
            Format::openmetrics);
  EXPECT_EQ(format_for("application/openmetrics-text;q=0"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=0.000,*/*;q=0"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=0.5,text/*;q=0.9"), Format::text);
}

// RFC 9110, section 12.5.1: the most specific range that matches counts, whatever its q-value.
TEST(Negotiation, TakesTheClosestRange) {
  EXPECT_EQ(format_for("*/*;q=1,text/plain;q=0.1,application/openmetrics-text;q=0.5"),
            Format::openmetrics);
  EXPECT_EQ(format_for("text/*;q=0.1,*/*,application/openmetrics-text;q=0.5"), Format::openmetrics);
}

TEST(Negotiation, IgnoresCaseAndSpace) {
  EXPECT_EQ(
      format_for(" APPLICATION/OpenMetrics-Text ;\tVersion=1.0.0 ; Q=0.9 , text/plain ;q=0.8"),
      Format::openmetrics);
}

TEST(Negotiation, SurvivesMalformedHeaders) {
  EXPECT_EQ(format_for("application/openmetrics-text;q=2"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=1.001"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=0.1234"), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q="), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;q=-1"), Format::text);
  EXPECT_EQ(format_for(",;,=,\"unclosed, application/openmetrics-text"), Format::text);
  EXPECT_EQ(format_for("text/plain;x=\"\\"), Format::text);
  EXPECT_EQ(format_for(",,application/openmetrics-text,,"), Format::openmetrics);
}

TEST(Negotiation, KeepsSeparatorsInQuotesTogether) {
  EXPECT_EQ(format_for("text/html;x=\"a,application/openmetrics-text\""), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;x=\"a;q=0,\\\"\";q=1"), Format::openmetrics);
}

TEST(Negotiation, NamesATypeThatWasOffered) {
  constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";
  constexpr std::string_view kNew = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  constexpr std::string_view kOld = "application/openmetrics-text; version=0.0.1; charset=utf-8";
  EXPECT_EQ(negotiate("").content_type, kText);
  EXPECT_EQ(negotiate("application/openmetrics-text").content_type, kNew);
  EXPECT_EQ(negotiate(kPrometheus242).content_type, kNew);
  EXPECT_EQ(negotiate(kPrometheus3).content_type, kNew);
  EXPECT_EQ(negotiate("application/openmetrics-text;version=0.0.1").content_type, kOld);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,"
                      "*/*;q=0.1")  // Prometheus 2.5 to 2.33
                .content_type,
            kOld);
  EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0;q=0.2,"
                      "application/openmetrics-text;version=0.0.1;q=0.3")
                .content_type,
            kOld);
  EXPECT_EQ(
      negotiate("application/openmetrics-text;version=0.0.1;q=0.3,text/plain;q=0.4").content_type,
      kText);
}

}  // namespace
}  // namespace perf_exporter
