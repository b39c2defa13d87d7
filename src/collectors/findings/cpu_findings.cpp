#include "collectors/findings/cpu_findings.h"

#include "caps/advice/finding_text.h"

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
    findings.push_back(make_finding("cpu_not_online", Severity::warn,
                                    "CPU " + format_cpu_list(state.report.missing) +
                                        " is not in /sys/devices/system/cpu/online",
                                    state.facts));
  }
  if (state.report.mask.is_there()) {
    findings.push_back(make_finding("cpus_masked", Severity::warn, tell_mask(state), state.facts));
  }
  if (state.aggregate == Aggregate::package && !state.without_package.empty()) {
    findings.push_back(make_finding("package_unknown", Severity::warn,
                                    "CPU " + format_cpu_list(state.without_package) +
                                        ": topology/physical_package_id is -1 or missing",
                                    state.facts));
  }
  return findings;
}

}  // namespace perf_exporter
