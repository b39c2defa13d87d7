// Seam A of two: everything the program asks of perf_event_open(2) goes through here.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// The arguments of perf_event_open(2). `attr` may be null and `flags` may hold undefined bits: the
// permission trials learn from the kernel's order of checks. The implementation adds
// PERF_FLAG_FD_CLOEXEC to the flags.
struct OpenCall {
  const perf_event_attr* attr = nullptr;
  pid_t pid = -1;
  int cpu = -1;
  int group_fd = -1;
  unsigned long flags = 0;
};

// What control() can ask of a group by its leader's descriptor.
enum class GroupControl { enable, disable };

// Three verbs. Implementations are safe to call from several threads at once.
class PerfKernel {
 public:
  PerfKernel() = default;
  PerfKernel(const PerfKernel&) = delete;
  PerfKernel& operator=(const PerfKernel&) = delete;
  virtual ~PerfKernel() = default;

  // The opened event, owned by the caller. A fault's code is the kernel's errno.
  virtual Result<UniqueFd> open(const OpenCall& call) = 0;

  // Reads what the group whose leader is `fd` has counted into `bytes`; the number of bytes read. 0
  // is end of file: a pinned event that lost its counter (perf_event_open(2)).
  virtual Result<std::size_t> read(int fd, std::span<std::byte> bytes) = 0;

  // Enables or disables the leader `fd` and all members of its group (PERF_IOC_FLAG_GROUP).
  virtual Result<void> control(int fd, GroupControl what) = 0;
};

}  // namespace perf_exporter
