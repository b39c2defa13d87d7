#pragma once

#include <sched.h>

#include <vector>

#include "base/result.h"
#include "host/cpu_list.h"

namespace perf_exporter {

// Keeps the calling thread on one CPU until it is destroyed, on the same thread, which gives the
// thread back the CPUs that it had. Move-only.
class CpuPin {
 public:
  // Pins the calling thread to one of `cpus`: to the first of those that it may use now, else to
  // the first that the kernel lets it have. A fault where there is none (a cpuset, a filter), and
  // then the thread is as it was.
  static Result<CpuPin> to_one_of(const CpuList& cpus);

  CpuPin(CpuPin&&) = default;
  CpuPin& operator=(CpuPin&&) = delete;
  CpuPin(const CpuPin&) = delete;
  CpuPin& operator=(const CpuPin&) = delete;
  ~CpuPin();

  [[nodiscard]] CpuId cpu() const { return cpu_; }

 private:
  using Mask = std::vector<cpu_set_t>;  // as many bits as the kernel asks for
  CpuPin(Mask before, CpuId cpu) : before_(std::move(before)), cpu_(cpu) {}

  Mask before_;  // empty: nothing to give back
  CpuId cpu_;
};

}  // namespace perf_exporter
