#include "exposition/own_text.h"

#include <prometheus/metric_type.h>

#include <array>
#include <string_view>
#include <vector>

#include "exposition/escape.h"
#include "exposition/family_header.h"
#include "exposition/number.h"

namespace perf_exporter {
namespace {

// Empty: a type that is not written.
std::string_view type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Untyped:
      return "untyped";
    default:
      return {};
  }
}

void append_value(std::string& out, double value) {
  std::array<char, kLongestNumber> digits{};
  out.append(digits.data(), write_real(digits.data(), value));
}

// Only one of the members is set: the one that the family's type names.
double value_of(const prometheus::ClientMetric& metric, prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return metric.counter.value;
    case prometheus::MetricType::Gauge:
      return metric.gauge.value;
    default:
      return metric.untyped.value;
  }
}

void append_labels(std::string& out, const std::vector<prometheus::ClientMetric::Label>& labels) {
  char separator = '{';
  for (const auto& [name, value] : labels) {
    out += separator;
    out += name + "=\"";
    append_label_value(out, value);
    out += '"';
    separator = ',';
  }
  out += labels.empty() ? "" : "}";
}

}  // namespace

std::string own_text(const OwnMetrics& own, Format format) {
  std::string text;
  for (const prometheus::MetricFamily& family : own.families) {
    const std::string_view type = type_name(family.type);
    if (type.empty() || family.metric.empty()) {
      continue;
    }
    append_header(text, FamilyHeader{family.name, type, family.help}, format);
    for (const prometheus::ClientMetric& metric : family.metric) {
      text += family.name;
      append_labels(text, metric.label);
      text += ' ';
      append_value(text, value_of(metric, family.type));
      text += '\n';
    }
  }
  return text;
}

}  // namespace perf_exporter
