#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/counting/target_counters.h"
#include "collectors/events/event_catalog.h"
#include "kernel/user_only_kernel.h"

namespace perf_exporter {

// Alike events on one CPU, instructions in user mode, each a group of its own: opened by the
// exporter's opener, held and scaled by its TargetCounters. Records what is read, to be judged
// later.
class MultiplexedCpu {
 public:
  MultiplexedCpu(CpuId cpu, std::size_t events);

  // Reads all events once.
  void read();

  struct Record {
    // One for each event of each reading, event by event.
    std::vector<GroupReading> readings;        // as the kernel gave them
    std::vector<std::optional<Count>> totals;  // as the exporter would show them
    std::vector<Count> final_totals;           // of each event, all that was held back added
  };
  // Closes the events.
  Record finish();

 private:
  void read_counters();

  UserOnlyKernel kernel_;
  EventSet wanted_;
  EventTraits traits_;
  TargetCounters counters_;
  TargetReading reading_;
  std::vector<std::optional<Count>> totals_;
};

// What a read() of so many events takes itself, in user mode, counted by a pinned event.
std::uint64_t instructions_of_a_reading(CpuId cpu, std::size_t events);

}  // namespace perf_exporter
