#pragma once

#include <cstddef>

#include "app/commands/stat_table.h"
#include "collectors/counting/counter_set.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Takes snapshots of counters on threads of its own, so that a read that never returns is waited
// for no longer than two seconds: what it holds up is then missing from the snapshot. Without room
// for a thread the caller's own reads, however long.
class StatReader {
 public:
  // Both must outlive this and, where a thread was left behind, the process.
  StatReader(CounterSet& counters, const HostPaths& paths) : counters_(counters), paths_(paths) {}

  // Reads anew.
  StatSnapshot take();

  // Whether a thread may be in a read still: the process should end without unwinding.
  [[nodiscard]] bool has_left_behind() const { return left_behind_ > 0; }

 private:
  CounterSet& counters_;
  const HostPaths& paths_;
  std::size_t left_behind_ = 0;
};

}  // namespace perf_exporter
