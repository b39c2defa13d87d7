#include "perf/group_watch.h"

#include <utility>

namespace perf_exporter {
namespace {

constexpr RawCount kSecond = 1'000'000'000;
constexpr RawCount kTelling = 20'000'000;    // below this, ticks of coarse clocks could deceive
constexpr RawCount kNoticeableShare = 1000;  // a running time short by less than 1/1000 is rounding
constexpr RawCount kTellingNanoseconds = 25'000'000;
constexpr RawCount kLeastShare = 100;     // less than 1/100 of the time is next to nothing
constexpr RawCount kReturningShare = 50;  // what was starved must run for 1/50

bool is_whole(const GroupClocks& passed) {
  return passed.running + passed.enabled / kNoticeableShare >= passed.enabled;
}

}  // namespace

// By the time since the reading before; the window has neither told enough nor lasted for too long.
GroupState GroupWatch::judged(const GroupClocks& passed, bool has_run) const {
  if (passed.running > 0) {
    return is_whole(passed) ? GroupState::counting : GroupState::multiplexed;
  }
  return has_run && passed.enabled > 0 ? GroupState::multiplexed : state_;
}

// The enabled time must have gone on by half of what has passed between the two readings at the
// least: clocks drift apart by a few percent at most.
bool GroupWatch::has_stood_still(RawCount enabled, ReadSpan read) const {
  switch (clock_) {
    case GroupClock::may_rest:
      return false;
    case GroupClock::stops_in_guests:
      return enabled == clocks_.enabled && read.begun >= since_ + kSecond;
    case GroupClock::always_runs:
      break;
  }
  const RawCount passed = read.begun > since_ ? read.begun - since_ : 0;
  return passed >= kTelling && enabled - clocks_.enabled < passed / 2;
}

GroupState GroupWatch::observe(const GroupClocks& now, ReadSpan read, RawCount excused_until) {
  const bool stood_still = is_dead_at(now, read);
  excused_ = seen_ && state_ == GroupState::counting && since_ < excused_until;
  if (clock_ == GroupClock::always_runs || !seen_ || now.enabled != clocks_.enabled) {
    since_ = read.ended;
  }
  if (has_only_rested()) {
    state_ = before_;
  }
  const GroupClocks passed = now - std::exchange(clocks_, now);
  const bool has_run = clocks_.running > 0;
  state_ = stood_still ? GroupState::dead : state_after(passed, has_run);
  if (has_only_rested()) {
    state_ = GroupState::counting;
  }
  seen_ = true;
  return state_;
}

// Where the group is not dead.
GroupState GroupWatch::state_after(const GroupClocks& passed, bool has_run) {
  const bool was_starved = seen_ && state_ == GroupState::starved;
  const GroupClocks window = clocks_ - window_;
  const bool has_share =
      window.running >= window.enabled / (was_starved ? kReturningShare : kLeastShare);
  const bool is_telling = has_share && (window.running >= kTellingNanoseconds || is_whole(window));
  if (excused_) {
    begin_window();
    return state_;
  }
  if (window.enabled > 0 && is_telling && window.running > 0) {
    begin_window();
    return judged(passed, has_run);
  }
  if (window.enabled > kSecond && !has_share) {
    begin_window();
    return GroupState::starved;
  }
  const GroupState state = was_starved ? state_ : judged(passed, has_run);
  if (state == GroupState::starved && window.running == 0) {
    begin_window();
  }
  return state;
}

}  // namespace perf_exporter
