#pragma once

#include <atomic>
#include <memory>

#include "base/call_use.h"
#include "caps/capability_sets.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// Wraps a kernel and raises a capability in the calling thread around opens alone, so that the
// effective set can stay empty otherwise. read() and control() pass through: an open event needs no
// capability any more.
//
// Raising takes four system calls and a descriptor, so a batch does it once for its opens: from the
// first of them to the end of the batch. Where it can't read the thread's sets, each open tries by
// itself.
//
// Raises CAP_PERFMON. Where that, or the lack of it, ends in EACCES and CAP_SYS_ADMIN is permitted,
// it tries once more with CAP_SYS_ADMIN: kernels before 5.8 know no CAP_PERFMON, and Debian's patch
// takes CAP_SYS_ADMIN alone from perf_event_paranoid 3 on. Once that has opened an event, later
// opens raise CAP_SYS_ADMIN at once. With nothing permitted it passes everything through.
//
// Safe to call from several threads; each uses its own capabilities. `inner` must outlive this.
class RaisingKernel final : public PerfKernel {
 public:
  // Where capset is left out, only what is effective by itself counts.
  explicit RaisingKernel(PerfKernel& inner, CallUse capset = CallUse::make)
      : inner_(inner), capset_(capset) {}

  Result<UniqueFd> open(const OpenCall& call) override;
  [[nodiscard]] std::unique_ptr<OpenBatch> begin_opens() override;
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

  // The capability that the next open raises first: what `probe` can say it is making use of.
  [[nodiscard]] Capability raises() const { return first_.load(); }

 private:
  class Raise;
  class Batch;

  PerfKernel& inner_;
  CallUse capset_;
  std::atomic<Capability> first_ = Capability::perfmon;
};

}  // namespace perf_exporter
