#pragma once

#include <time.h>

#include <cstdint>

namespace perf_exporter {

// CLOCK_MONOTONIC in ns: it stands still while the machine is suspended, as perf's clocks do.
inline std::uint64_t monotonic_ns() {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace perf_exporter
