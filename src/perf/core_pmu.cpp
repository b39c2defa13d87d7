#include "perf/core_pmu.h"

#include <algorithm>

namespace perf_exporter {

std::vector<CorePmu> find_core_pmus(const HostPaths& paths) {
  const auto devices = paths.sysfs / "bus/event_source/devices";
  const auto names = list_directory(devices);
  std::vector<CorePmu> pmus;
  if (!names) {
    return pmus;
  }
  for (const std::string& name : *names) {
    const auto type = read_integer(devices / name / "type");
    const auto cpus = read_text(devices / name / "cpus");
    if (!type || *type < 0 || (!cpus && name != "cpu")) {
      continue;
    }
    CorePmu pmu{name, static_cast<std::uint32_t>(*type), {}};
    if (cpus) {
      pmu.cpus = parse_cpu_list(*cpus).value_or(CpuList{});
      if (pmu.cpus.empty()) {  // all its CPUs are offline (x86 hybrid: intel_pmu_cpu_dead)
        continue;
      }
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

}  // namespace perf_exporter
