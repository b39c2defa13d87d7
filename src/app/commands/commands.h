// The sub-commands. Each returns the exit code of the process.
#pragma once

#include <string_view>

#include "app/log.h"
#include "app/logging.h"
#include "app/options/options.h"
#include "app/process_start.h"
#include "base/result.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// What the program ends with: 2 for what is wrong on every machine, such as a port in use or output
// that can't be written; 3 where this host refuses or lacks something wanted and that is to be
// fatal.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 3;

// Prints error_line() to standard error, which it waits for a second at most.
void say(std::string_view what, LogStyle style);

// Says the fault; kExitUsage, to be returned.
int complain(const Fault& fault, LogStyle style);

// To be called once all of the output is printed. A report that did not get where it was sent to is
// no success: then a line to standard error and kExitUsage, else `code`; to be returned.
int close_output(int code, LogStyle style);

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
