#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cpu_list.h"
#include "base/host_paths.h"

namespace perf_exporter {

// A PMU that counts a CPU core's cycles and instructions.
struct CorePmu {
  std::string name;        // as in sysfs: cpu, cpu_core, armv8_pmuv3_0, ...
  std::uint32_t type = 0;  // perf_event_attr::type
  CpuList cpus;            // those it belongs to; empty: every CPU
};

// The core PMUs that sysfs lists: bus/event_source/devices/cpu, and those with a `cpus` file
// (hybrid x86 and Arm; uncore PMUs have `cpumask` instead). Empty on a machine or guest without
// one.
std::vector<CorePmu> find_core_pmus(const HostPaths& paths);

// The core PMU of `cpu`, or null.
const CorePmu* core_pmu_of(const std::vector<CorePmu>& pmus, CpuId cpu);

}  // namespace perf_exporter
