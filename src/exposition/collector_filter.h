#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// Which collectors one scrape shows: the values of collect[] and exclude[]. Both empty: all. A
// request that gives both, or an unknown name, is to be refused before it comes here.
struct CollectorFilter {
  std::vector<std::string> collect;  // not empty: only these
  std::vector<std::string> exclude;

  // Families of no collector (build info, process metrics) are always shown, also with collect[]:
  // node_exporter leaves its own metrics in a filtered answer too.
  [[nodiscard]] bool shows(std::string_view collector) const {
    const auto in = [collector](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), collector) != names.end();
    };
    return collector.empty() || ((collect.empty() || in(collect)) && !in(exclude));
  }
};

}  // namespace perf_exporter
