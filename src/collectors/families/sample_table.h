// What collectors hand to the exposition: families with their label sets, described once, and one
// value a series, written anew at each scrape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

// What the series of one target have in common, of all families that have rows: its labels. Shared
// by all layouts that have the same row, which is known by this address.
using Row = std::shared_ptr<const Labels>;

// Whether a family has each of its series once, or once for each row of its layout.
enum class Spread { once, by_row };

struct Family {
  std::string name;  // the full metric name; a counter's ends in _total
  std::string help;  // one sentence, unescaped
  MetricType type = MetricType::counter;
  ValueKind kind = ValueKind::integer;
  // The collector whose samples these are, for collect[] and exclude[]; empty: always shown.
  std::string collector;
  std::vector<Labels> series;  // behind the labels of the row, where there is one
  Spread spread = Spread::once;
};

// Families of a table, immutable once published. `generation` differs between any two layouts of a
// process: a key for what is derived from a layout, such as rendered label prefixes.
struct Layout {
  std::uint64_t generation = 0;
  std::vector<Family> families;
  std::vector<Row> rows = {};

  // How many series a family has in all.
  [[nodiscard]] std::size_t series_of(const Family& family) const {
    return family.series.size() * (family.spread == Spread::by_row ? rows.size() : 1);
  }
};

// The label sets of a family's series, in the order of their values.
std::vector<Labels> label_sets(const Layout& layout, const Family& family);

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

// `values` runs parallel to the series of layout.families, flattened in order: family by family,
// series by series, row by row. A family none of whose series is present is not written, header
// included.
struct SampleTable {
  Layout layout;
  std::vector<Value> values;
};

}  // namespace perf_exporter
