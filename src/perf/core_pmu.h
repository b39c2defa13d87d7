#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/cpu_list.h"
#include "host/host_paths.h"
#include "host/topology.h"
#include "perf/encoding.h"

namespace perf_exporter {

// A PMU that counts a CPU core's cycles and instructions.
struct CorePmu {
  std::string name;        // as in sysfs: cpu, cpu_core, armv8_pmuv3_0, ...
  std::uint32_t type = 0;  // perf_event_attr::type
  CpuList cpus;            // those it belongs to; empty: every CPU
  // The names in its sysfs folder events/, sorted; read of Arm's PMUv3 (armv8_…, armv9_…) alone,
  // whose driver lists there every architectural event that the hardware says it has.
  std::optional<std::vector<std::string>> events = std::nullopt;
};

// The core PMUs that sysfs lists: bus/event_source/devices/cpu, and those with a `cpus` file
// (hybrid x86 and Arm; uncore PMUs have `cpumask` instead). Empty on a machine or guest without
// one.
std::vector<CorePmu> find_core_pmus(const HostPaths& paths);

// The core PMU of `cpu`, or null.
const CorePmu* core_pmu_of(const std::vector<CorePmu>& pmus, CpuId cpu);

// Its name; empty where the CPU has none.
std::string core_pmu_name(const std::vector<CorePmu>& pmus, CpuId cpu);

// That for each CPU.
PmuNameOf core_pmu_names(std::vector<CorePmu> pmus);

// The hardware says by its PMU's list that it lacks a generic event (PERF_TYPE_HARDWARE), named
// here as the list would name it; empty where it has the event, and where nothing can be told:
// another PMU than Arm's PMUv3, no list, an event that the driver does not map to an architectural
// one.
std::string_view missing_event(const CorePmu& pmu, const Encoding& encoding);

}  // namespace perf_exporter
