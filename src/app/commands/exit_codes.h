#pragma once

#include <string_view>

#include "app/logging.h"
#include "base/result.h"

namespace perf_exporter {

// What the program ends with: 2 for what is wrong on every machine, such as a port in use or output
// that can't be written; 3 where
// this host refuses or lacks something wanted and that is to be fatal.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 3;

// Prints error_line() to standard error, which it waits for a second at most.
void say(std::string_view what, LogStyle style);

// Says the fault; kExitUsage, to be returned.
int complain(const Fault& fault, LogStyle style);

// To be called once all of the output is printed. A report that did not get where it was sent to is
// no success: then a line to standard error and kExitUsage, else `code`; to be returned.
int close_output(int code, LogStyle style);

}  // namespace perf_exporter
