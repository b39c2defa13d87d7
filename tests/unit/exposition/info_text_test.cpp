#include "exposition/info_text.h"

#include <gtest/gtest.h>

#include "unit/exposition/example_tables.h"

namespace perf_exporter {
namespace {

using testing_text::example_info;
using testing_text::info_metric;

TEST(InfoText, WritesText) {
  EXPECT_EQ(info_text(example_info(), Format::text),
            "# HELP perf_exporter_build_info Built from\\nthis \"version\".\n"
            "# TYPE perf_exporter_build_info gauge\n"
            "perf_exporter_build_info{version=\"0.1\\\"\\n\\\\\xEF\xBF\xBD\"} 1\n"
            "# HELP perf_exporter_scrapes_total Scrapes.\n"
            "# TYPE perf_exporter_scrapes_total counter\n"
            "perf_exporter_scrapes_total{code=\"200\"} 1234567.5\n"
            "perf_exporter_scrapes_total{code=\"500\"} 0\n");
}

TEST(InfoText, WritesOpenMetrics) {
  EXPECT_EQ(info_text(example_info(), Format::openmetrics),
            "# HELP perf_exporter_build_info Built from\\nthis \\\"version\\\".\n"
            "# TYPE perf_exporter_build_info gauge\n"
            "perf_exporter_build_info{version=\"0.1\\\"\\n\\\\\xEF\xBF\xBD\"} 1\n"
            "# HELP perf_exporter_scrapes Scrapes.\n"
            "# TYPE perf_exporter_scrapes counter\n"
            "perf_exporter_scrapes_total{code=\"200\"} 1234567.5\n"
            "perf_exporter_scrapes_total{code=\"500\"} 0\n");
}

TEST(InfoText, CallsUnknownWhatOpenMetricsHasNoTypeFor) {
  InfoFamilies info;
  info.families = {{"a", "A.", prometheus::MetricType::Counter, {info_metric("x", "y", 1)}},
                   {"b", "", prometheus::MetricType::Untyped, {info_metric("x", "y", 2)}}};
  EXPECT_EQ(info_text(info, Format::openmetrics),
            "# HELP a A.\n# TYPE a unknown\na{x=\"y\"} 1\n# TYPE b unknown\nb{x=\"y\"} 2\n");
  EXPECT_EQ(info_text(info, Format::text),
            "# HELP a A.\n# TYPE a counter\na{x=\"y\"} 1\n# TYPE b untyped\nb{x=\"y\"} 2\n");
}

TEST(InfoText, LeavesOutEmptyFamiliesHistogramsAndTimestamps) {
  InfoFamilies info;
  info.families = {{"a", "A.", prometheus::MetricType::Gauge, {}},
                   {"b", "B.", prometheus::MetricType::Histogram, {info_metric("x", "y", 1)}},
                   {"c", "C.", prometheus::MetricType::Gauge, {info_metric("x", "# y", 1)}}};
  info.families.back().metric.front().timestamp_ms = 1000;
  EXPECT_EQ(info_text(info, Format::text), "# HELP c C.\n# TYPE c gauge\nc{x=\"# y\"} 1\n");
}

}  // namespace
}  // namespace perf_exporter
