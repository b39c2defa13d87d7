// Findings about events that open and do not count, or count wrong.
#pragma once

#include <vector>

#include "collectors/findings/counting_findings.h"

namespace perf_exporter {

// Appends pmu_not_counting, pmu_counts_nonsense and event_silent, where events are withheld, and
// pmu_unchecked where it could not be told whether a PMU counts right. The last is left out where
// `probed` has found what keeps hardware events from counting at all. None is of severity fail: no
// permission mends them.
void add_truth_findings(const CountingState& state, const std::vector<Finding>& probed,
                        std::vector<Finding>& findings);

}  // namespace perf_exporter
