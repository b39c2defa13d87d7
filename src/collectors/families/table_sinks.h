// What a walk over families and series is handed to.
#pragma once

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
};

struct ValueSink {
  std::vector<Value>& values;
  template <class MakeFamily>
  void family(MakeFamily /*make*/) {}
  template <class MakeLabels, class MakeValue>
  void series(MakeLabels /*labels*/, MakeValue value) {
    values.push_back(value());
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
