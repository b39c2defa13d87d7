#include "collectors/families/sample_table.h"

namespace perf_exporter {

std::vector<Labels> label_sets(const Layout& layout, const Family& family) {
  if (family.spread == Spread::once) {
    return family.series;
  }
  std::vector<Labels> sets;
  for (const Labels& own : family.series) {
    for (const Row& row : layout.rows) {
      Labels& labels = sets.emplace_back(*row);
      labels.insert(labels.end(), own.begin(), own.end());
    }
  }
  return sets;
}

}  // namespace perf_exporter
