// What collectors hand to the exposition: families with their label sets, described once, and one
// value a series, written anew at each scrape.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/count.h"

namespace perf_exporter {

enum class MetricType { counter, gauge };

// How a family's values are meant and written.
enum class ValueKind {
  integer,      // Value::count, written as an integer
  nanoseconds,  // Value::count in ns, written as seconds with nine decimals
  real,         // Value::real, shortest text that reads back the same
};

// Label names with values as they are (unescaped), in the order in which they are written.
using Labels = std::vector<std::pair<std::string, std::string>>;

struct Family {
  std::string name;  // the full metric name; a counter's ends in _total
  std::string help;  // one sentence, unescaped
  MetricType type = MetricType::counter;
  ValueKind kind = ValueKind::integer;
  // The collector whose samples these are, for collect[] and exclude[]; empty: always shown.
  std::string collector;
  std::vector<Labels> series;
};

// Families of a table, immutable once published. `generation` differs between any two layouts of a
// process: a key for what is derived from a layout, such as rendered label prefixes.
struct Layout {
  std::uint64_t generation = 0;
  std::vector<Family> families;
};

// One series' value. Absent series are not written at all: what can't be counted is absent, never
// 0.
struct Value {
  Count count = 0;
  double real = 0;
  bool present = false;

  static Value of_count(Count count) { return {count, 0, true}; }
  static Value of_real(double real) { return {0, real, true}; }
  static Value absent() { return {}; }
};

// `values` runs parallel to the series of layout.families, flattened in order. A family none of
// whose series is present is not written, header included.
struct SampleTable {
  Layout layout;
  std::vector<Value> values;
};

}  // namespace perf_exporter
