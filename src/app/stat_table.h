#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/count.h"
#include "collectors/event_catalog.h"

namespace perf_exporter {

// One event, summed over CPUs, at one moment.
struct StatEvent {
  const CatalogEvent* event = nullptr;
  Count count = 0;
  bool has_data = false;
  bool is_estimate = false;  // multiplexed on some CPU
  std::string why;           // why it is not counted, where it is not
};

struct StatSnapshot {
  std::uint64_t taken_at = 0;  // ns, monotonic
  std::size_t cpus = 0;
  std::vector<StatEvent> events;
};

// What was counted between two snapshots of the same events, for a terminal of 80 columns: count
// and rate of each event, then the ratios that can be told (instructions per cycle, misses of
// branches and of cache references). An event without data has no number but its reason.
std::string stat_table(const StatSnapshot& before, const StatSnapshot& after);

}  // namespace perf_exporter
