#pragma once

#include "base/result.h"

namespace perf_exporter {

// What the program ends with: 2 for what is wrong on every machine, such as a port in use or output
// that can't be written; 3 where
// this host refuses or lacks something wanted and that is to be fatal.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 3;

// Prints the fault as one line to standard error; kExitUsage, to be returned.
int complain(const Fault& fault);

// To be called once all of the output is printed. A report that did not get where it was sent to is
// no success: then a line to standard error and kExitUsage, else `code`; to be returned.
int close_output(int code);

}  // namespace perf_exporter
