#pragma once

#include <vector>

#include "caps/report/report.h"
#include "collectors/findings/counting_findings.h"

namespace perf_exporter {

// How each wanted event's opening went: a row for every outcome that it had on some CPU, in the
// order of the events.
std::vector<EventTrial> event_trials(const CountingState& state);

}  // namespace perf_exporter
