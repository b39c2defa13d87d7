#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace perf_exporter {

// How many descriptors this process has open, by /proc/self/fd. The one that lists them is among
// them each time, so that differences are true.
inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace perf_exporter
