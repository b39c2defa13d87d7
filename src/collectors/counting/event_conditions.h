#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/count.h"
#include "perf/event_group.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// What an event that is open lacks.
enum class Lack : std::uint8_t {
  none,
  shared,     // it has its counter for a part of the time only
  taken,      // next to never
  unread,     // the kernel refuses its readings
  cut_short,  // they come without all members of its group
};

struct EventCondition {
  Lack lack = Lack::none;
  // Of a shared one: for how much of the time it had its counter when it was last seen to share it.
  // Nothing where that is known only of the group that its own was a part of.
  std::optional<std::uint8_t> percent;
  int error = 0;  // errno, of one that is unread
};

// What the events of one target lack by their readings, for findings. Judged by how things are, not
// by what has changed: what has no counter from its first reading on lacks it as well. It outlasts
// the reopening of a group.
//
// Told late and kept long, so that it does not come and go with each reading: a share is that of 50
// ms at the least, an event is shared where it runs for less than 98 % of such a time, and is so
// until it has not been for 30 s in all. Allocates nothing but when something is lacking for the
// first time.
class EventConditions {
 public:
  explicit EventConditions(std::size_t events);

  // The group of `events` was read: its clocks, and how it fares. `window` is the group's: as its
  // clocks were when the share that is looked at began.
  void note_times(const std::vector<std::size_t>& events, const GroupClocks& now, GroupState state,
                  GroupClocks& window);
  // The group of all hardware events did not run all the time; its parts will be read apart.
  void note_parting(const std::vector<std::size_t>& events);
  // Its readings have failed for several times in a row, the last time so.
  void note_failure(const std::vector<std::size_t>& events, const ReadFault& why);
  // The event is not open any more.
  void forget(std::size_t event);

  [[nodiscard]] EventCondition of(std::size_t event) const {
    return noted_.empty() ? EventCondition{} : noted_[event].condition;
  }

  // Whether any is another one since this was asked last. A share that is another is no change.
  [[nodiscard]] bool take_change();

 private:
  struct Noted {
    EventCondition condition;
    RawCount whole_for = 0;  // ns since it was last seen to share its counter
  };

  void set(std::size_t event, const EventCondition& condition);
  void judge(std::size_t event, GroupState state, const GroupClocks& passed);

  bool changed_ = false;
  std::size_t events_;
  std::vector<Noted> noted_;  // by event; empty where none has ever lacked anything
};

}  // namespace perf_exporter
