// Seam A of two: everything the program asks of perf_event_open(2) goes through here.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>
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

// Opens that follow each other, as one piece of work: see PerfKernel::begin_opens().
class OpenBatch {
 public:
  OpenBatch() = default;
  OpenBatch(const OpenBatch&) = delete;
  OpenBatch& operator=(const OpenBatch&) = delete;
  virtual ~OpenBatch() = default;
};

// Three verbs. Implementations are safe to call from several threads at once.
class PerfKernel {
 public:
  PerfKernel() = default;
  PerfKernel(const PerfKernel&) = delete;
  PerfKernel& operator=(const PerfKernel&) = delete;
  virtual ~PerfKernel() = default;

  // The opened event, owned by the caller. A fault's code is the kernel's errno.
  virtual Result<UniqueFd> open(const OpenCall& call) = 0;

  // Begins a batch: what this kernel does around each open (RaisingKernel raises a capability) it
  // does once for all opens that the calling thread makes while the batch lives, and undoes it at
  // the batch's end. To be destroyed by the same thread, before the kernel. Null where nothing is
  // to be held: the kernel does nothing around opens, or the thread has a batch already, which
  // stays in force.
  [[nodiscard]] virtual std::unique_ptr<OpenBatch> begin_opens() { return nullptr; }

  // Reads what the group whose leader is `fd` has counted into `bytes`; the number of bytes read. 0
  // is end of file: a pinned event that lost its counter (perf_event_open(2)).
  virtual Result<std::size_t> read(int fd, std::span<std::byte> bytes) = 0;

  // Enables or disables the leader `fd` and all members of its group (PERF_IOC_FLAG_GROUP).
  virtual Result<void> control(int fd, GroupControl what) = 0;
};

}  // namespace perf_exporter
