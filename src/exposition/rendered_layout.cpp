#include "exposition/rendered_layout.h"

#include <map>
#include <utility>

#include "exposition/escape.h"
#include "exposition/family_header.h"

namespace perf_exporter {
namespace {

// `cpu="0",cache="ll"`, without braces.
std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [label, value] : labels) {
    text += text.empty() ? "" : ",";
    text += label;
    text += "=\"";
    append_label_value(text, value);
    text += '"';
  }
  return text;
}

std::string closed(std::string labels) {
  return labels.append(RenderedLayout::kEndOfLabels);
}

RenderedLayout::Series render_once(const std::string& name, const Labels& labels) {
  return {PaddedText(labels.empty() ? name + ' ' : name + '{' + closed(label_text(labels))),
          PaddedText()};
}

// Around the text of a row, which may have no labels: then all rows of its layout have none.
RenderedLayout::Series render_around_row(const std::string& name, const Labels& labels,
                                         bool rows_have_labels) {
  if (!rows_have_labels) {
    return render_once(name, labels);
  }
  return {PaddedText(name + '{'),
          PaddedText(labels.empty() ? std::string() : ',' + closed(label_text(labels)))};
}

RenderedLayout::Part render_part(const Family& family, bool rows_have_labels) {
  RenderedLayout::Part part;
  const FamilyHeader header{family.name, family.type == MetricType::counter ? "counter" : "gauge",
                            family.help};
  for (const Format format : kFormats) {
    append_header(part.headers[index_of(format)], header, format);
  }
  part.collector = family.collector;
  part.kind = family.kind;
  part.spread = family.spread;
  part.series.reserve(family.series.size());
  for (const Labels& labels : family.series) {
    part.series.push_back(family.spread == Spread::once
                              ? render_once(family.name, labels)
                              : render_around_row(family.name, labels, rows_have_labels));
  }
  return part;
}

}  // namespace

RenderedLayout::RenderedLayout(const Layout& layout, const RenderedLayout* before)
    : generation_(layout.generation), keys_(layout.rows) {
  const bool rows_have_labels = !keys_.empty() && !keys_.front()->empty();
  parts_.reserve(layout.families.size());
  for (const Family& family : layout.families) {
    parts_.push_back(render_part(family, rows_have_labels));
  }
  render_rows(before);
}

void RenderedLayout::render_rows(const RenderedLayout* before) {
  std::map<const Labels*, std::shared_ptr<const PaddedText>> known;
  for (std::size_t row = 0; before != nullptr && row < before->rows_.size(); ++row) {
    known.emplace(before->keys_[row].get(), before->texts_[row]);
  }
  texts_.reserve(keys_.size());
  rows_.reserve(keys_.size());
  for (const Row& row : keys_) {
    const auto found = known.find(row.get());
    if (found != known.end()) {
      texts_.push_back(found->second);
    } else {
      texts_.push_back(std::make_shared<const PaddedText>(row->empty() ? std::string()
                                                                       : closed(label_text(*row))));
      ++rows_rendered_;
    }
    rows_.push_back(texts_.back()->text());
  }
}

}  // namespace perf_exporter
