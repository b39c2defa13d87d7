#pragma once

#include <string>

#include "host/host_paths.h"

namespace perf_exporter {

// Which limit leaves no room for one more thread or process, with its value and how it is raised:
// pids.max of the own cgroup or of one above it, kernel.threads-max, kernel.pid_max, RLIMIT_NPROC.
// To be asked right after clone(2) failed with EAGAIN, for it names the limit that is reached now.
// A sentence fragment, which says so where no limit can be told.
std::string describe_task_limit(const HostPaths& paths);

// Why clone(2) or fork(2) failed with that errno: the same where it is EAGAIN.
std::string why_no_task(int error, const HostPaths& paths);

}  // namespace perf_exporter
