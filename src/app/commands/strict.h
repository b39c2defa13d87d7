// What --strict asks for.
#pragma once

#include <string>
#include <vector>

#include "app/options/options.h"
#include "caps/report/report.h"
#include "collectors/counting/counter_set.h"

namespace perf_exporter {

// What is wanted and can't be counted here, each in a few words: "cycles: unsupported on CPU 0-1
// (ENOENT)", or the id of the finding that tells it. Empty where all of it is counted. It may be
// refused by a permission or a limit, or be something that this machine lacks: a PMU, an event, a
// CPU, a package to sum up by, guests that were asked for by name. An event that one core type
// lacks and another has is no such thing, and neither are values that are estimates; of the events
// that are wanted where the CPU has them (reference cycles, generalised cache events), and of every
// collector, something must open.
//
// `withheld`: the events that opened and are not to be believed.
std::vector<std::string> unmet_wants(const Options& options, const ProbeReport& report,
                                     const std::vector<std::string>& withheld);

// The names of the events whose PMU failed the truth check on some CPU.
std::vector<std::string> withheld_events(const Snapshot& now);

}  // namespace perf_exporter
