#pragma once

#include "base/count.h"

namespace perf_exporter {

// How a group fares, judged by its two clocks.
enum class GroupState {
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
// for events that exclude guests while a guest runs.
enum class GroupClock { always_runs, stops_in_guests };

// Watches the enabled and running times of one opened group from reading to reading.
//
// It looks at windows of enabled time: a new one begins once the group has run for 25 ms and 1 % of
// the window, or nearly all of it, which is when CountScaler settles; or once it is found starved;
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
      : clock_(clock), state_(before) {}

  // `enabled` and `running` in ns as read. The state as of this reading.
  GroupState observe(RawCount enabled, RawCount running, ReadSpan read);

  // Up to `until` (see ReadSpan) its counters may be borrowed for moments, and shortly after: a
  // lack of running time in what has passed since a reading before that is no sharing.
  void excuse_sharing(RawCount until) { excused_until_ = until; }
  // Whether that held at the newest reading, of a group that was counting.
  [[nodiscard]] bool is_excused() const { return excused_; }

  // Whether a window began at the newest reading.
  [[nodiscard]] bool window_begins() const { return window_enabled_ == enabled_; }

 private:
  [[nodiscard]] bool has_stood_still(RawCount enabled, ReadSpan read) const;
  [[nodiscard]] GroupState judged(RawCount enabled_delta, RawCount running_delta) const;
  void begin_window();

  GroupClock clock_;
  bool excused_ = false;
  GroupState state_;
  bool seen_ = false;
  RawCount enabled_ = 0;
  RawCount running_ = 0;
  RawCount window_enabled_ = 0;  // at its begin
  RawCount window_running_ = 0;
  RawCount read_ended_ = 0;  // of the reading before
  RawCount excused_until_ = 0;
  RawCount moved_at_ = 0;  // when the enabled time was last seen to move
};

}  // namespace perf_exporter
