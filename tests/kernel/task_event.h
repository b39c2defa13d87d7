#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "base/unique_fd.h"
#include "perf/event_group.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// The instructions of one task, wherever it runs: a count that the exporter has no part in. Pinned,
// so that it never shares its counter.
class TaskEvent {
 public:
  // What a read gives. It is looked into later, for that takes instructions as well.
  using Reading = std::array<std::byte, group_reading_bytes(1)>;

  // `task` as for perf_event_open(2), 0 for the calling one. Where it does not open the test fails.
  TaskEvent(PerfKernel& kernel, pid_t task);

  // A system call and nothing else.
  [[nodiscard]] Reading read() const;

  // The count of a reading; fails the test where the event did not run all the time.
  static std::uint64_t value_of(const Reading& reading);

 private:
  UniqueFd event_;
};

}  // namespace perf_exporter
