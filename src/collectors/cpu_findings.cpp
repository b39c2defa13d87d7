#include "collectors/cpu_findings.h"

namespace perf_exporter {
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
