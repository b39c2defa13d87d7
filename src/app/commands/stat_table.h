#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/count.h"
#include "collectors/counting/snapshot.h"

namespace perf_exporter {

// One event, summed over CPUs, at one moment.
struct StatEvent {
  std::string name;
  Count count = 0;           // what CPUs that have gone since had counted is among it
  CpuList counted_on;        // the CPUs on which it has data now
  bool is_estimate = false;  // multiplexed on some CPU
  // The CPUs that are there and on which it has none, by the reason in words.
  std::map<std::string, CpuList> absent;
};

struct StatSnapshot {
  std::uint64_t taken_at = 0;  // ns, monotonic
  CpuList cpus;                // those that are there
  std::vector<StatEvent> events;
};

// What is counted by the reading that `now` shows. The scaler may hold back what it can't tell yet.
StatSnapshot stat_snapshot(const Snapshot& now, std::uint64_t taken_at);

// What was counted between two snapshots of the same events, for a terminal of 80 columns: count
// and rate of each event, then the ratios that can be told (instructions per cycle, misses of
// branches and of cache references), of events that were counted on the same CPUs. An event without
// data has no number but its reason. CPUs that went or came meanwhile are named, and of what was
// counted on some CPUs only, those on which it was not.
std::string stat_table(const StatSnapshot& before, const StatSnapshot& after);

}  // namespace perf_exporter
