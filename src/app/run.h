#pragma once

#include <vector>

#include "app/options.h"

namespace perf_exporter {

// The table of collectors, as the options take it.
std::vector<CollectorChoice> collector_choices();

// The whole program: reads options, does what the command asks, and returns the exit code.
int run(int argc, const char* const* argv);

}  // namespace perf_exporter
