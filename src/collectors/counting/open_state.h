#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "collectors/counting/event_status.h"
#include "collectors/counting/opened_groups.h"
#include "perf/event_group.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// What opening a target came to. Immutable, and the same for all targets that were opened alike:
// they share it.
struct OpenState {
  static constexpr std::size_t kNotOpen = std::numeric_limits<std::size_t>::max();

  struct Group {
    std::vector<std::size_t> events;  // indices into the wanted events, the leader first
    bool is_merged_hardware = false;  // as OpenedGroup's
    bool includes_guests = false;
    GroupClock clock = GroupClock::always_runs;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> groups;
  // By event: the one that leads its group; kNotOpen where it is not open.
  std::vector<std::size_t> leaders;
  // Why events are not open.
  std::map<std::size_t, EventRefusal> refusals;
  // As OpenedCpu's.
  std::optional<Fault> crowded;
  // How the hardware events were opened.
  Arrangement arrangement = Arrangement::merged;

  // Why an event is not open; null where it is, and where it was not tried yet.
  [[nodiscard]] const EventRefusal* refusal(std::size_t event) const;
  // The event that leads the group of `event`; nothing where it is not open.
  [[nodiscard]] std::optional<std::size_t> leader_of(std::size_t event) const;

  bool operator==(const OpenState&) const = default;

  // Of `events` events, none of which is open.
  static std::shared_ptr<const OpenState> nothing_open(std::size_t events);
  // The same, with the refusals of `state`.
  static std::shared_ptr<const OpenState> closed(const OpenState& state);
};

// A target's open groups, and what they are.
struct OpenedTarget {
  std::vector<EventGroup> groups;  // as in the state
  std::shared_ptr<const OpenState> state;
};

// Which states there are in use: few, however many targets there are.
class OpenStates {
 public:
  // What opening one of `events` events came to, with the state of others that were opened alike.
  OpenedTarget share(OpenedCpu opened, std::size_t events);

 private:
  std::vector<std::weak_ptr<const OpenState>> states_;
};

}  // namespace perf_exporter
