// For the files of TargetCounters alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "collectors/counting/target_counters.h"

namespace perf_exporter {

// What few targets need: of those that share their counters, whose readings fail, or whose groups
// were opened anew.
struct TargetCounters::Rare {
  explicit Rare(std::size_t events) : conditions(events) {}

  void add_past(std::size_t leader, const GroupClocks& clocks) {
    auto known = std::ranges::find(past, leader, &std::pair<std::size_t, GroupTimes>::first);
    if (known == past.end()) {
      known = past.insert(known, {leader, {}});
    }
    known->second.enabled += clocks.enabled;
    known->second.running += clocks.running;
  }

  EventConditions conditions;
  std::vector<GroupClocks> windows;                      // by group: see EventConditions
  std::vector<std::pair<std::size_t, GroupTimes>> past;  // by leader: of groups closed since
  RawCount asked_for_fault_at = 0;                       // to be reopened; 0: never
  RawCount excused_until = 0;                            // as CounterSet's
};

}  // namespace perf_exporter
