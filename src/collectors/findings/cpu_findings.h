#pragma once

#include <vector>

#include "collectors/findings/counting_findings.h"

namespace perf_exporter {

// Which CPUs are counted, and what is known of them: those that are named and not there, a list of
// online CPUs that is not the kernel's, and packages that nobody tells where these are summed up.
std::vector<Finding> cpu_findings(const CountingState& state);

}  // namespace perf_exporter
