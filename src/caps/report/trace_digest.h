#pragma once

#include "caps/report/trace_report.h"

namespace perf_exporter {

// The report on the calls of other programs: one call of each command and cause with the number of
// those alike, first those that a permission refused, then what failed otherwise, then what opened;
// of a great many kinds the first kMostShown.
TraceReport digest(const Recording& recording, const TraceContext& context);
inline constexpr std::size_t kMostShown = 8;

// Adds a recording's numbers to the report's.
void count_calls(TraceReport& report, const Recording& recording);

}  // namespace perf_exporter
