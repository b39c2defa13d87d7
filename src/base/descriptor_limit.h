// The limit of open files, RLIMIT_NOFILE.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace perf_exporter {

// A fault (EMFILE) where so many descriptors can't be opened now, beside those that are open. It
// names `purpose` and the least limit that would do: "serving takes 12 file descriptors at least".
Result<void> require_descriptors(std::size_t count, const std::string& purpose);

// What a line says of an EMFILE: "RLIMIT_NOFILE is 9; raise it (ulimit -n, ...)".
std::string describe_descriptor_limit();

}  // namespace perf_exporter
