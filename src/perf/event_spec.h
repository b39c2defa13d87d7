#pragma once

#include <cstdint>

namespace perf_exporter {

// What to count, as perf_event_open(2) encodes it: the type and configs of perf_event_attr.
struct EventSpec {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  std::uint64_t config1 = 0;
  std::uint64_t config2 = 0;

  bool operator==(const EventSpec&) const = default;
};

// Whether what virtual machines execute on this host is counted (perf_event_attr::exclude_guest).
enum class Guests { include, exclude };

// The event on one core PMU of a hybrid machine: that PMU's type in the upper half of `config`
// (PERF_PMU_TYPE_SHIFT, include/uapi/linux/perf_event.h). Only hardware and hw-cache events have
// this form; others are returned as they are.
EventSpec on_pmu(const EventSpec& spec, std::uint32_t pmu_type);

}  // namespace perf_exporter
