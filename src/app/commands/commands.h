// The sub-commands. Each returns the exit code of the process (app/commands/exit_codes.h).
#pragma once

#include "app/log.h"
#include "app/options/options.h"
#include "app/process_start.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// Counts and serves until SIGTERM or SIGINT.
int serve(const Options& options, PerfKernel& kernel, Log& log);

// Explains on standard output what may be counted here and why not. `inherited` is for the command
// that --trace executes.
int probe(const Options& options, PerfKernel& kernel, const Inherited& inherited);

// Prints the events this machine knows, with whether they open.
int list_events(const Options& options, PerfKernel& kernel);

// Counts for a while and prints totals and ratios.
int stat(const Options& options, PerfKernel& kernel, const Log& log);

}  // namespace perf_exporter
