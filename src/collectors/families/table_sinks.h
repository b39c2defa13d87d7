// What a walk over families and series is handed to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/families/sample_table.h"

namespace perf_exporter {

// One walk over all families and series serves both ends: it describes them for a layout, and fills
// in their values, in the same order by construction. The sinks take what they need of it.
struct LayoutSink {
  std::vector<Family>& families;
  template <class MakeFamily>
  void family(MakeFamily make) {
    families.push_back(make());
  }
  template <class MakeLabels, class MakeValue>
  void series(MakeLabels labels, MakeValue /*value*/) {
    families.back().series.push_back(labels());
  }
  template <class MakeLabels, class MakeValue>
  void series_by_row(MakeLabels labels, MakeValue /*value_of_row*/) {
    families.back().spread = Spread::by_row;
    families.back().series.push_back(labels());
  }
};

struct ValueSink {
  std::vector<Value>& values;
  std::size_t rows;
  template <class MakeFamily>
  void family(MakeFamily /*make*/) {}
  template <class MakeLabels, class MakeValue>
  void series(MakeLabels /*labels*/, MakeValue value) {
    values.push_back(value());
  }
  template <class MakeLabels, class MakeValue>
  void series_by_row(MakeLabels /*labels*/, MakeValue value_of_row) {
    for (std::size_t row = 0; row < rows; ++row) {
      values.push_back(value_of_row(row));
    }
  }
};

// A value that may be absent.
inline Value value_of(const std::optional<Count>& count) {
  return count ? Value::of_count(*count) : Value::absent();
}

inline Value value_of(const std::optional<std::uint64_t>& number) {
  return number ? Value::of_count(*number) : Value::absent();
}

}  // namespace perf_exporter
