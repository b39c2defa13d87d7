// What of an answer depends on the layout alone, rendered once per layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/families/sample_table.h"
#include "exposition/negotiation.h"

namespace perf_exporter {

// The headers and label prefixes of a layout. A copy: nothing refers to the layout afterwards.
class RenderedLayout {
 public:
  // A family's part: its series are `series` many from `first_series` on, in the flat order of
  // SampleTable::values.
  struct Part {
    std::string header;              // text 0.0.4
    std::string openmetrics_header;  // the same for OpenMetrics
    std::string collector;
    ValueKind kind = ValueKind::integer;
    std::size_t first_series = 0;
    std::size_t series = 0;
  };

  explicit RenderedLayout(const Layout& layout);

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] std::size_t series() const { return ends_.size(); }

  // All of a sample's line before the value: `name{cpu="0"} `, the same in both formats. `series`
  // is an index in the flat order, less than series().
  [[nodiscard]] std::string_view prefix(std::size_t series) const {
    const std::size_t begin = series == 0 ? 0 : ends_[series - 1];
    return {prefixes_.data() + begin, ends_[series] - begin};
  }

 private:
  void render_prefix(const std::string& name, const Labels& labels);

  std::uint64_t generation_;
  std::vector<Part> parts_;
  std::string prefixes_;           // one after another
  std::vector<std::size_t> ends_;  // where each prefix ends
};

}  // namespace perf_exporter
