#pragma once

#include "base/count.h"

namespace perf_exporter {

// How a group fares, judged by its two clocks.
enum class GroupState {
  counting,     // ran whenever it was enabled
  multiplexed,  // shared its counters with others: values are estimates
  starved,      // has never run, or not for more than a second of enabled time: no data
  dead,         // its enabled time stands still: an event of a CPU that went away; open it again
};

// Watches the enabled and running times of one opened group from reading to reading.
class GroupWatch {
 public:
  // `enabled` and `running` in ns as read, `now` in ns of a clock that does not stand still while
  // the CPU is online. The state as of this reading.
  GroupState observe(RawCount enabled, RawCount running, RawCount now);

 private:
  GroupState state_ = GroupState::starved;
  bool seen_ = false;
  RawCount enabled_ = 0;
  RawCount running_ = 0;
  RawCount enabled_when_it_ran_ = 0;
  RawCount moved_at_ = 0;  // when the enabled time was last seen to move
};

}  // namespace perf_exporter
