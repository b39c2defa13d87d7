#pragma once

#include "perf/perf_kernel.h"

namespace perf_exporter {

// The running kernel. Holds no state; retries on EINTR.
class LinuxPerfKernel final : public PerfKernel {
 public:
  Result<UniqueFd> open(const OpenCall& call) override;
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;
};

}  // namespace perf_exporter
