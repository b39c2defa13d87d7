// The part of `probe` behind --trace: the kernel as witness.
#pragma once

#include "app/options/options.h"
#include "app/process_start.h"
#include "caps/report/report.h"
#include "caps/report/trace_report.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// Makes the refused trials of a report again, each in a child that is traced: the first of r2 to
// r5, and of the hardware's where it was refused for another reason; r5 where none was refused. A
// fault says why nothing can be traced here. With --log.level debug the kernel's own lines go to
// standard error.
Result<TraceReport> trace_trials(const ProbeReport& report, const Options& options,
                                 PerfKernel& kernel);

// Traces the command behind "--" until it ends, or a process until it is refused or ends, and
// prints what was recorded. SIGINT or SIGTERM ends the tracing. The command finds what was
// `inherited`. The exit code of the process.
int probe_other(const Options& options, PerfKernel& kernel, const Inherited& inherited);

}  // namespace perf_exporter
