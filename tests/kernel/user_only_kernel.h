#pragma once

#include <vector>

#include "perf/event_group.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {

// The running kernel, but every event counts user mode only, where the number of instructions is
// known exactly; and a record of what was read, which takes next to no instructions of its own. For
// one thread.
class UserOnlyKernel final : public PerfKernel {
 public:
  Result<UniqueFd> open(const OpenCall& call) override;
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

  // The readings since the last call, in their order.
  std::vector<GroupReading> take_readings();

 private:
  LinuxPerfKernel inner_;
  std::vector<std::byte> bytes_;      // of all readings, one behind the other
  std::vector<std::size_t> lengths_;  // of each
};

}  // namespace perf_exporter
