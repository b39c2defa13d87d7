#pragma once

#include <cstdint>

#include "base/count.h"
#include "perf/event_group.h"

namespace perf_exporter {

// How a group fares, judged by its two clocks.
enum class GroupState : std::uint8_t {
  counting,     // ran whenever it was enabled
  multiplexed,  // shared its counters with others: values are estimates
  starved,      // has never run, or for less than 1 % of more than a second: no data
  dead,         // its enabled time stood still: an event of a CPU that went away; open it again
};

// When a reading was made: the kernel took it between the two. ns of a clock that does not stand
// still while the CPU is online.
struct ReadSpan {
  RawCount begun = 0;
  RawCount ended = 0;
};

// Whether a group's enabled time goes on whenever its CPU is online. KVM's mediated vPMU stops it
// for events that exclude guests while a guest runs; that of a cgroup's events and of a task's may
// rest for ever, while nothing of it runs there.
enum class GroupClock : std::uint8_t { always_runs, stops_in_guests, may_rest };

// Watches the enabled and running times of one opened group from reading to reading.
//
// Where a clock may rest, one that has never run has nothing to count: that is a count of 0, and no
// lack of a counter.
//
// It looks at windows of enabled time: a new one begins once the group has run for 25 ms and 1 % of
// the window, or nearly all of it, which is when GroupScaler settles; or once it is found starved;
// and at each reading of a starved group up to the one at which it runs, for the time without a
// counter says nothing of what follows.
// What is starved is so until it has run for 25 ms and 2 % of a window: at 1 % it would come and
// go.
class GroupWatch {
 public:
  // `before`: what the same events did in the group that this one replaces; it holds until they
  // run, for a second.
  explicit GroupWatch(GroupState before = GroupState::starved,
                      GroupClock clock = GroupClock::always_runs)
      : clock_(clock), before_(before), state_(before) {}

  // The state as of this reading. Up to `excused_until` (see ReadSpan) its counters may be borrowed
  // for moments, and shortly after: a lack of running time in what has passed since a reading
  // before that is no sharing.
  GroupState observe(const GroupClocks& now, ReadSpan read, RawCount excused_until = 0);
  // Whether the clocks of a reading, which is not to be taken in, show that the group is dead.
  [[nodiscard]] bool is_dead_at(const GroupClocks& now, ReadSpan read) const {
    return seen_ && has_stood_still(now.enabled, read);
  }

  // As of the newest reading; 0 before the first.
  [[nodiscard]] const GroupClocks& clocks() const { return clocks_; }
  // Whether there was one.
  [[nodiscard]] bool has_read() const { return seen_; }
  [[nodiscard]] GroupState state() const { return state_; }
  // Whether its clock may rest and has never run: nothing was there to be counted.
  [[nodiscard]] bool has_only_rested() const {
    return clock_ == GroupClock::may_rest && clocks_.enabled == 0;
  }
  // Not by a reading: see is_dead_at().
  void set_dead() { state_ = GroupState::dead; }

  // Whether the newest reading was excused, which only that of a group that was counting is.
  [[nodiscard]] bool is_excused() const { return excused_; }

  // Whether a window began at the newest reading.
  [[nodiscard]] bool window_begins() const { return window_.enabled == clocks_.enabled; }

 private:
  [[nodiscard]] bool has_stood_still(RawCount enabled, ReadSpan read) const;
  [[nodiscard]] GroupState judged(const GroupClocks& passed, bool has_run) const;
  [[nodiscard]] GroupState state_after(const GroupClocks& passed, bool has_run);
  void begin_window() { window_ = clocks_; }

  GroupClocks clocks_;
  GroupClocks window_;  // as they were when it began
  // When the reading before ended, or, where the clock stops or rests at times, the one at which it
  // was last seen to move.
  RawCount since_ = 0;
  GroupClock clock_;
  GroupState before_;
  GroupState state_;
  bool excused_ = false;
  bool seen_ = false;
};

}  // namespace perf_exporter
