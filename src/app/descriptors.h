// How many files may be open, and who gets them.
#pragma once

#include <cstddef>

#include "app/options/options.h"
#include "base/call_use.h"
#include "base/result.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Raises the soft limit of open files to the hard one. Where prlimit64 is left out, it stays.
void raise_descriptor_limit(CallUse prlimit64);

// A fault where not all that `serve` opens before it listens finds room, with one connection and
// one more file. To be called before any of it is open.
Result<void> require_descriptors_to_serve(const Options& options);

// How many events may take: what the process does not have open yet, less a reserve for connections
// and the files that are opened for a while.
std::size_t descriptor_allowance(const HostPaths& paths);

}  // namespace perf_exporter
