#include "perf/core_pmu.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace perf_exporter {
namespace {

// What drivers/perf/arm_pmuv3.c maps a generic event to (armv8_pmuv3_perf_map), by the names that
// its armv8_pmuv3_event_attrs give them in sysfs. Branches are one of two: pc_write_retired in
// older kernels, br_retired in newer ones where the hardware has it (__armv8_pmuv3_map_event_id).
struct ArmEvent {
  std::uint64_t config;
  std::string_view name;
  std::string_view alternative = {};
};

constexpr ArmEvent kArmEvents[] = {
    {PERF_COUNT_HW_CPU_CYCLES, "cpu_cycles"},
    {PERF_COUNT_HW_INSTRUCTIONS, "inst_retired"},
    {PERF_COUNT_HW_CACHE_REFERENCES, "l1d_cache"},
    {PERF_COUNT_HW_CACHE_MISSES, "l1d_cache_refill"},
    {PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "br_retired", "pc_write_retired"},
    {PERF_COUNT_HW_BRANCH_MISSES, "br_mis_pred"},
    {PERF_COUNT_HW_BUS_CYCLES, "bus_cycles"},
    {PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, "stall_frontend"},
    {PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "stall_backend"},
};

bool is_arm_pmuv3(const std::string& name) {
  return name.starts_with("armv8") || name.starts_with("armv9");
}

// A list without any event is none: the driver lists cpu_cycles at the least.
std::optional<std::vector<std::string>> listed_events(const std::filesystem::path& device) {
  auto names = list_directory(device / "events");
  if (!names || names->empty()) {
    return std::nullopt;
  }
  return std::move(*names);
}

}  // namespace

std::vector<CorePmu> find_core_pmus(const HostPaths& paths) {
  const auto devices = paths.sysfs / "bus/event_source/devices";
  const auto names = list_directory(devices);
  std::vector<CorePmu> pmus;
  if (!names) {
    return pmus;
  }
  for (const std::string& name : *names) {
    const auto type = read_integer(devices / name / "type");
    auto cpus = read_cpu_list(devices / name / "cpus");
    if (!type || !std::in_range<std::uint32_t>(*type) || (!cpus && name != "cpu")) {
      continue;
    }
    CorePmu pmu{name, static_cast<std::uint32_t>(*type), {}};
    if (is_arm_pmuv3(name)) {
      pmu.events = listed_events(devices / name);
    }
    if (cpus) {
      if (cpus->empty()) {  // all its CPUs are offline (x86 hybrid: intel_pmu_cpu_dead)
        continue;
      }
      pmu.cpus = std::move(*cpus);
    }
    pmus.push_back(std::move(pmu));
  }
  return pmus;
}

const CorePmu* core_pmu_of(const std::vector<CorePmu>& pmus, CpuId cpu) {
  const auto found = std::find_if(pmus.begin(), pmus.end(), [cpu](const CorePmu& pmu) {
    return pmu.cpus.empty() || contains(pmu.cpus, cpu);
  });
  return found == pmus.end() ? nullptr : &*found;
}

std::string core_pmu_name(const std::vector<CorePmu>& pmus, CpuId cpu) {
  const CorePmu* pmu = core_pmu_of(pmus, cpu);
  return pmu != nullptr ? pmu->name : "";
}

PmuNameOf core_pmu_names(std::vector<CorePmu> pmus) {
  return [pmus = std::move(pmus)](CpuId cpu) { return core_pmu_name(pmus, cpu); };
}

std::string_view missing_event(const CorePmu& pmu, const Encoding& encoding) {
  if (!pmu.events || encoding.type != PERF_TYPE_HARDWARE) {
    return {};
  }
  const auto* const row =
      std::find_if(std::begin(kArmEvents), std::end(kArmEvents),
                   [&](const ArmEvent& event) { return event.config == encoding.config; });
  if (row == std::end(kArmEvents)) {
    return {};
  }
  const auto is_listed = [&](std::string_view name) {
    return std::binary_search(pmu.events->begin(), pmu.events->end(), name);
  };
  return is_listed(row->name) || is_listed(row->alternative) ? std::string_view{} : row->name;
}

}  // namespace perf_exporter
