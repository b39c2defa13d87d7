#pragma once

#include <functional>
#include <thread>

#include "base/result.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Starts a thread, by a name of at most 15 bytes. `body` must not throw. A fault names the thread
// and the reason; where a limit leaves no room for it, that limit (host/task_limit.h).
Result<std::thread> start_thread(const char* name, std::function<void()> body,
                                 const HostPaths& paths);

}  // namespace perf_exporter
