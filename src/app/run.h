#pragma once

#include <vector>

#include "app/options/options.h"
#include "app/process_start.h"

namespace perf_exporter {

// The table of collectors, as the options take it.
std::vector<CollectorChoice> collector_choices();

// The whole program behind enter_known_state(): reads options, does what the command asks, and
// returns the exit code.
int run(int argc, const char* const* argv, const Inherited& inherited);

}  // namespace perf_exporter
