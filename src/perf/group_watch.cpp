#include "perf/group_watch.h"

namespace perf_exporter {
namespace {

constexpr RawCount kSecond = 1'000'000'000;
constexpr RawCount kNoticeableShare = 1000;  // a running time short by less than 1/1000 is rounding

}  // namespace

GroupState GroupWatch::observe(RawCount enabled, RawCount running, RawCount now) {
  if (!seen_ || enabled != enabled_) {
    moved_at_ = now;
  }
  const bool stood_still = seen_ && now - moved_at_ >= kSecond;
  const RawCount enabled_delta = enabled - enabled_;
  const RawCount running_delta = running - running_;
  const bool has_run = running_delta > 0;
  seen_ = true;
  enabled_ = enabled;
  running_ = running;
  if (has_run) {
    enabled_when_it_ran_ = enabled;
  }
  if (stood_still) {
    state_ = GroupState::dead;
  } else if (running == 0 || enabled - enabled_when_it_ran_ > kSecond) {
    state_ = GroupState::starved;
  } else if (has_run) {
    const bool whole = running_delta + enabled_delta / kNoticeableShare >= enabled_delta;
    state_ = whole ? GroupState::counting : GroupState::multiplexed;
  } else if (enabled_delta > 0) {
    state_ = GroupState::multiplexed;
  }
  return state_;
}

}  // namespace perf_exporter
