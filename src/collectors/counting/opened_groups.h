// What opening hands to counting.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/counting/event_status.h"
#include "perf/event_group.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// Whether the semantic groups of a target's hardware events are read as one group, or each on its
// own.
enum class Arrangement { merged, apart };

// A group and which of the wanted events its members are.
struct OpenedGroup {
  EventGroup group;
  std::vector<std::size_t> events;  // indices into the wanted events, the leader first
  bool is_hardware = false;         // of hardware events, else of software events
  bool is_merged_hardware = false;  // holds more than one semantic group of hardware events
  bool includes_guests = false;     // of hardware events: counts what guests execute
  GroupClock clock = GroupClock::always_runs;
};

// What opening one CPU came to: every wanted event is in one group or among the refusals.
struct OpenedCpu {
  std::vector<OpenedGroup> groups;                // disabled
  Arrangement arrangement = Arrangement::merged;  // as asked for
  // The kernel's answer to hardware events as one group, where the PMU takes them in parts alone:
  // it has fewer counters.
  std::optional<Fault> crowded;
  std::map<std::size_t, EventRefusal> refusals;
};

// What opening comes to where none of the wanted events, `events` in number, may be tried; `why` in
// a few words.
OpenedCpu nothing_tried(std::size_t events, const std::string& why);

}  // namespace perf_exporter
