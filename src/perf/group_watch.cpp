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

bool is_whole(RawCount enabled, RawCount running) {
  return running + enabled / kNoticeableShare >= enabled;
}

}  // namespace

// By the time since the reading before; the window has neither told enough nor lasted for too long.
GroupState GroupWatch::judged(RawCount enabled_delta, RawCount running_delta) const {
  if (running_delta > 0) {
    return is_whole(enabled_delta, running_delta) ? GroupState::counting : GroupState::multiplexed;
  }
  const bool has_run = running_ > 0;
  return has_run && enabled_delta > 0 ? GroupState::multiplexed : state_;
}

void GroupWatch::begin_window() {
  window_enabled_ = enabled_;
  window_running_ = running_;
}

// The enabled time must have gone on by half of what has passed between the two readings at the
// least: clocks drift apart by a few percent at most.
bool GroupWatch::has_stood_still(RawCount enabled, ReadSpan read) const {
  if (clock_ == GroupClock::stops_in_guests) {
    return enabled == enabled_ && read.begun >= moved_at_ + kSecond;
  }
  const RawCount passed = read.begun > read_ended_ ? read.begun - read_ended_ : 0;
  return passed >= kTelling && enabled - enabled_ < passed / 2;
}

GroupState GroupWatch::observe(RawCount enabled, RawCount running, ReadSpan read) {
  const bool stood_still = seen_ && has_stood_still(enabled, read);
  excused_ = seen_ && state_ == GroupState::counting && read_ended_ < excused_until_;
  if (!seen_ || enabled != enabled_) {
    moved_at_ = read.ended;
  }
  read_ended_ = read.ended;
  const bool was_starved = std::exchange(seen_, true) && state_ == GroupState::starved;
  const RawCount enabled_delta = enabled - std::exchange(enabled_, enabled);
  const RawCount running_delta = running - std::exchange(running_, running);
  const RawCount window = enabled_ - window_enabled_;
  const RawCount run = running_ - window_running_;
  const bool has_share = run >= window / (was_starved ? kReturningShare : kLeastShare);
  const bool is_telling = has_share && (run >= kTellingNanoseconds || is_whole(window, run));
  if (stood_still) {
    state_ = GroupState::dead;
  } else if (excused_) {
    begin_window();
  } else if (window > 0 && is_telling && run > 0) {
    state_ = judged(enabled_delta, running_delta);
    begin_window();
  } else if (window > kSecond && !has_share) {
    state_ = GroupState::starved;
    begin_window();
  } else {
    state_ = was_starved ? state_ : judged(enabled_delta, running_delta);
    if (state_ == GroupState::starved && run == 0) {
      begin_window();
    }
  }
  return state_;
}

}  // namespace perf_exporter
