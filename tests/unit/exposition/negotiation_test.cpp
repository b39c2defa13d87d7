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

TEST(Negotiation, GivesPrometheusItsFirstChoice) {
  EXPECT_EQ(negotiate(kPrometheus242), Format::openmetrics);
  EXPECT_EQ(negotiate(kPrometheus249), Format::openmetrics);
  EXPECT_EQ(negotiate(kPrometheus3), Format::openmetrics);
  EXPECT_EQ(negotiate(kPrometheus3NativeHistograms), Format::openmetrics);
  EXPECT_EQ(negotiate(kPrometheus3TextOnly), Format::text);
  EXPECT_EQ(negotiate(kPrometheus3TextFirst), Format::text);
}

TEST(Negotiation, GivesTextToWhoDoesNotNameOpenMetrics) {
  EXPECT_EQ(negotiate(""), Format::text);
  EXPECT_EQ(negotiate("*/*"), Format::text);
  EXPECT_EQ(negotiate("application/*"), Format::text);
  EXPECT_EQ(negotiate("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            Format::text);
  EXPECT_EQ(negotiate("application/json"), Format::text);
}

TEST(Negotiation, SpeaksOnlyVersionsItKnows) {
  EXPECT_EQ(negotiate("application/openmetrics-text"), Format::openmetrics);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=0.0.1"), Format::openmetrics);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8"),
            Format::openmetrics);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=2.0.0"), Format::text);
}

TEST(Negotiation, WeighsQualities) {
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0.3,text/plain;q=0.4"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0.401,text/plain;q=0.4"),
            Format::openmetrics);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0.000,*/*;q=0"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0.5,text/*;q=0.9"), Format::text);
}

// RFC 9110, section 12.5.1: the most specific range that matches counts, whatever its q-value.
TEST(Negotiation, TakesTheClosestRange) {
  EXPECT_EQ(negotiate("*/*;q=1,text/plain;q=0.1,application/openmetrics-text;q=0.5"),
            Format::openmetrics);
  EXPECT_EQ(negotiate("text/*;q=0.1,*/*,application/openmetrics-text;q=0.5"), Format::openmetrics);
}

TEST(Negotiation, IgnoresCaseAndSpace) {
  EXPECT_EQ(negotiate(" APPLICATION/OpenMetrics-Text ;\tVersion=1.0.0 ; Q=0.9 , text/plain ;q=0.8"),
            Format::openmetrics);
}

TEST(Negotiation, SurvivesMalformedHeaders) {
  EXPECT_EQ(negotiate("application/openmetrics-text;q=2"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=1.001"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0.1234"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q="), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=-1"), Format::text);
  EXPECT_EQ(negotiate(",;,=,\"unclosed, application/openmetrics-text"), Format::text);
  EXPECT_EQ(negotiate("text/plain;x=\"\\"), Format::text);
  EXPECT_EQ(negotiate(",,application/openmetrics-text,,"), Format::openmetrics);
}

TEST(Negotiation, KeepsSeparatorsInQuotesTogether) {
  EXPECT_EQ(negotiate("text/html;x=\"a,application/openmetrics-text\""), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;x=\"a;q=0,\\\"\";q=1"), Format::openmetrics);
}

TEST(Negotiation, NamesContentTypes) {
  EXPECT_EQ(content_type(Format::text), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(content_type(Format::openmetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace perf_exporter
