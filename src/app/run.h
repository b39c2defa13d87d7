#pragma once

namespace perf_exporter {

// The whole program: reads options, does what the command asks, and returns the exit code.
int run(int argc, const char* const* argv);

}  // namespace perf_exporter
