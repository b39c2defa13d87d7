#include "exposition/info_text.h"

#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>
#include <vector>

#include "exposition/escape.h"
#include "exposition/family_header.h"

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

// prometheus-cpp escapes label values, but takes any bytes for UTF-8.
prometheus::MetricFamily sanitized(const prometheus::MetricFamily& family) {
  prometheus::MetricFamily copy = family;
  for (prometheus::ClientMetric& metric : copy.metric) {
    metric.timestamp_ms = 0;
    for (prometheus::ClientMetric::Label& label : metric.label) {
      label.value = valid_utf8(label.value);
    }
  }
  return copy;
}

bool is_comment(std::string_view line) {
  return line.starts_with('#');
}

// The lines of `text` that are samples. A line feed in a label value is escaped by now; one in HELP
// is not, so the HELP has to be empty.
void append_samples(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    if (!is_comment(line)) {
      out += line;
    }
    text.remove_prefix(line.size());
  }
}

}  // namespace

std::string info_text(const InfoFamilies& info, Format format) {
  const prometheus::TextSerializer serializer;
  std::string text;
  for (const prometheus::MetricFamily& family : info.families) {
    const std::string_view type = type_name(family.type);
    if (type.empty() || family.metric.empty()) {
      continue;
    }
    append_header(text, FamilyHeader{family.name, type, family.help}, format);
    std::vector<prometheus::MetricFamily> one;
    one.push_back(sanitized(family));
    one.front().help.clear();
    append_samples(text, serializer.Serialize(one));
  }
  return text;
}

}  // namespace perf_exporter
