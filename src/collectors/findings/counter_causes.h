#pragma once

#include <vector>

#include "collectors/findings/counting_findings.h"

namespace perf_exporter {

// Whether an event that some CPUs' PMU has not is open on CPUs of another core type.
bool is_of_one_core_type(const CountingState& state, std::size_t event);

// `hybrid_core_type` for these events of one core type.
Finding hybrid_core_type(const CountingState& state, const std::vector<std::size_t>& events);

// Who takes the counters: `counters_shared` where events take turns on them, `counters_taken` where
// events are open and do not run, and `nmi_watchdog` where counters are short and the watchdog
// holds one of every CPU. And `event_unread` where readings fail.
std::vector<Finding> counter_causes(const CountingState& state);

}  // namespace perf_exporter
