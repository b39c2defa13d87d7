#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/unique_fd.h"
#include "host/cpu_list.h"
#include "perf/encoding.h"

namespace perf_exporter {

// Another user of the PMU: a process that holds events on one CPU, as `perf stat` or a hypervisor
// would, for as long as this lives.
class PerfUser {
 public:
  // Holds `events` events of `encoding` that take turns with all others.
  static PerfUser sharing(const Encoding& encoding, CpuId cpu, std::size_t events);
  // Holds every counter that can count `encoding`, by pinned events: nobody else counts it
  // meanwhile.
  static PerfUser taking_all(const Encoding& encoding, CpuId cpu);

  PerfUser(PerfUser&& other) noexcept;
  PerfUser& operator=(PerfUser&&) = delete;
  ~PerfUser();

 private:
  enum class Priority { flexible, pinned };
  PerfUser(Priority priority, const Encoding& encoding, CpuId cpu, std::size_t events);

  pid_t pid_ = -1;
  UniqueFd leash_;  // the child ends when it is closed
};

}  // namespace perf_exporter
