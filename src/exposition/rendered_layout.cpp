#include "exposition/rendered_layout.h"

#include "exposition/escape.h"
#include "exposition/family_header.h"

namespace perf_exporter {
namespace {

RenderedLayout::Part render_part(const Family& family, std::size_t first_series) {
  RenderedLayout::Part part;
  const FamilyHeader header{family.name, family.type == MetricType::counter ? "counter" : "gauge",
                            family.help};
  append_header(part.header, header, Format::text);
  append_header(part.openmetrics_header, header, Format::openmetrics);
  part.collector = family.collector;
  part.kind = family.kind;
  part.first_series = first_series;
  part.series = family.series.size();
  return part;
}

}  // namespace

RenderedLayout::RenderedLayout(const Layout& layout) : generation_(layout.generation) {
  parts_.reserve(layout.families.size());
  for (const Family& family : layout.families) {
    parts_.push_back(render_part(family, ends_.size()));
    for (const Labels& labels : family.series) {
      render_prefix(family.name, labels);
    }
  }
  prefixes_.shrink_to_fit();
  ends_.shrink_to_fit();
}

void RenderedLayout::render_prefix(const std::string& name, const Labels& labels) {
  prefixes_ += name;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    prefixes_ += separator;
    prefixes_ += label;
    prefixes_ += "=\"";
    append_label_value(prefixes_, value);
    prefixes_ += '"';
    separator = ',';
  }
  prefixes_ += labels.empty() ? " " : "} ";
  ends_.push_back(prefixes_.size());
}

}  // namespace perf_exporter
