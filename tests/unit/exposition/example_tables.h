// Tables and own metrics that several tests write.
#pragma once

#include <limits>
#include <string>
#include <utility>

#include "collectors/families/info_families.h"
#include "collectors/families/sample_table.h"

namespace perf_exporter::testing_text {

// Every type, kind and special: an absent series, an absent family, a count beyond 64 bits, labels
// that need escaping.
inline SampleTable example_table() {
  SampleTable table;
  table.layout.generation = 7;
  table.layout.families = {{"perf_cpu_cycles_total",
                            "CPU cycles.",
                            MetricType::counter,
                            ValueKind::integer,
                            "cycles",
                            {{{"cpu", "0"}}, {{"cpu", "1"}}, {{"cpu", "2"}}}},
                           {"perf_cpu_cache_misses_total",
                            "What misses means\\differs: \"see\" docs.",
                            MetricType::counter,
                            ValueKind::integer,
                            "cache",
                            {{{"cpu", "0"}}}},
                           {"perf_cpu_group_enabled_seconds_total",
                            "Time enabled.",
                            MetricType::counter,
                            ValueKind::nanoseconds,
                            "",
                            {{{"cpu", "0"}, {"group", "cycles"}}}},
                           {"perf_cpu_model_info",
                            "The model.",
                            MetricType::gauge,
                            ValueKind::integer,
                            "",
                            {{{"vendor", "a\"b\\c\nd\xFF"}, {"family", ""}}}},
                           {"perf_exporter_collector_duration_seconds",
                            "Time taken.",
                            MetricType::gauge,
                            ValueKind::real,
                            "",
                            {{{"collector", "cycles"}}}},
                           {"perf_node_instructions_total",
                            "Instructions.",
                            MetricType::counter,
                            ValueKind::integer,
                            "instructions",
                            {{}}}};
  constexpr Count kBeyond64Bits = Count{1} << 64;
  table.values = {Value::of_count(12'345'678'901'234'567),
                  Value::absent(),
                  Value::of_count(0),
                  Value::absent(),
                  Value::of_count(1'500'000'001),
                  Value::of_count(1),
                  Value::of_real(0.25),
                  Value::of_count(kBeyond64Bits)};
  return table;
}

inline prometheus::ClientMetric info_metric(std::string label, std::string value, double number) {
  prometheus::ClientMetric metric;
  metric.label.push_back({std::move(label), std::move(value)});
  metric.counter.value = number;
  metric.gauge.value = number;
  metric.untyped.value = number;
  return metric;
}

inline InfoFamilies example_info() {
  InfoFamilies info;
  info.generation = 3;
  info.families = {{"perf_exporter_build_info",
                    "Built from\nthis \"version\".",
                    prometheus::MetricType::Gauge,
                    {info_metric("version", "0.1\"\n\\\xFF", 1)}},
                   {"perf_exporter_scrapes_total",
                    "Scrapes.",
                    prometheus::MetricType::Counter,
                    {info_metric("code", "200", 1234567.5), info_metric("code", "500", 0)}}};
  return info;
}

}  // namespace perf_exporter::testing_text
