#include "collectors/findings/cpu_findings.h"

namespace perf_exporter {
namespace {

std::string list_or_none(const CpuList& cpus) {
  return cpus.empty() ? "none" : format_cpu_list(cpus);
}

// Those of which no event is open.
CpuList not_counted(const CountingState& state, const CpuList& cpus) {
  CpuList closed;
  for (const CpuId cpu : intersect(cpus, state.cpus)) {
    const auto refusals = state.refusals.find(cpu);
    if (refusals != state.refusals.end() && refusals->second.size() == state.events.size()) {
      closed.push_back(cpu);
    }
  }
  return closed;
}

std::string tell_mask(const CountingState& state) {
  const OnlineMask& mask = state.report.mask;
  std::string text = "/sys/devices/system/cpu: online " + format_cpu_list(mask.told) +
                     ", present and possible " + format_cpu_list(mask.known) + ", offline " +
                     list_or_none(mask.offline);
  const CpuList counted =
      subtract(intersect(mask.hidden(), state.cpus), not_counted(state, mask.hidden()));
  if (!counted.empty()) {
    text += "; CPU " + format_cpu_list(counted) + " is counted all the same";
  }
  if (const CpuList closed = not_counted(state, mask.hidden()); !closed.empty()) {
    text += "; on CPU " + format_cpu_list(closed) + " nothing opens";
  }
  return text;
}

}  // namespace

std::vector<Finding> cpu_findings(const CountingState& state) {
  std::vector<Finding> findings;
  if (!state.report.missing.empty()) {
    findings.push_back({"cpu_not_online", Severity::warn,
                        "CPUs named by --cpus are offline or not there; they are counted once they "
                        "come online.",
                        "CPU " + format_cpu_list(state.report.missing) +
                            " is not in /sys/devices/system/cpu/online",
                        "Name other CPUs, or bring these online.",
                        "docs/permissions.md#cpu-not-online"});
  }
  if (state.report.mask.is_there()) {
    findings.push_back({"cpus_masked", Severity::warn,
                        "Something lies over the list of online CPUs, as lxcfs does in containers: "
                        "it is not the kernel's.",
                        tell_mask(state),
                        "Nothing to mend for the counts, which go by the kernel's other lists: "
                        "present and possible, less offline. Mount the host's own sysfs here where "
                        "other programs are to see the machine as it is.",
                        "docs/permissions.md#cpus-masked"});
  }
  if (state.aggregate == Aggregate::package && !state.without_package.empty()) {
    findings.push_back({"package_unknown", Severity::warn,
                        "The package of some CPUs is not known, so they are in no sum by package.",
                        "CPU " + format_cpu_list(state.without_package) +
                            ": topology/physical_package_id is -1 or missing",
                        "Sum up the whole machine with --aggregate=node, or keep the CPUs apart "
                        "with --aggregate=cpu.",
                        "docs/permissions.md#package-unknown"});
  }
  return findings;
}

}  // namespace perf_exporter
