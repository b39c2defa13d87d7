#pragma once

#include <atomic>

#include "base/count.h"

namespace perf_exporter {

// Who makes system calls on the groups of one CPU: one thread at a time, without the lock of the
// counters. Taken, given back and asked for with that lock held.
class CallClaim {
 public:
  // A call that lasts for this long is not waited for any more: ns.
  static constexpr RawCount kPatience = 1'000'000'000;

  [[nodiscard]] bool is_held() const { return held_; }
  void take(RawCount now) {
    held_ = true;
    call_begins(now);
  }
  void give_back() { held_ = false; }

  // By the holder, without the lock: a call begins. All times are CLOCK_MONOTONIC's, in ns.
  void call_begins(RawCount now) { since_.store(now, std::memory_order_relaxed); }

  // ns from `now` until the holder's current call is not waited for any more; 0: from now on.
  [[nodiscard]] RawCount patience_left(RawCount now) const {
    const RawCount until = since_.load(std::memory_order_relaxed) + kPatience;
    return until > now ? until - now : 0;
  }
  [[nodiscard]] bool hangs(RawCount now) const { return held_ && patience_left(now) == 0; }

 private:
  bool held_ = false;
  std::atomic<RawCount> since_ = 0;
};

}  // namespace perf_exporter
