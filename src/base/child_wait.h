#pragma once

#include <sys/types.h>

namespace perf_exporter {

// Waits for a child's end, as waitpid(2) does, but 5 s at most: one that has not ended by then is
// killed and left alone, and 0 is returned. What it called may never return.
pid_t wait_or_kill(pid_t child, int& status);

}  // namespace perf_exporter
