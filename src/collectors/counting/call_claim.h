#pragma once

#include <atomic>

#include "base/count.h"

namespace perf_exporter {

// Who makes system calls on the groups of one target: one thread at a time, without the lock of the
// counters. Taken, given back and asked for with that lock held.
class CallClaim {
 public:
  // A call that lasts for this long is not waited for any more: ns.
  static constexpr RawCount kPatience = 1'000'000'000;

  [[nodiscard]] bool is_held() const { return since_.load(std::memory_order_relaxed) != kNever; }
  void take(RawCount now) { call_begins(now); }
  void give_back() { since_.store(kNever, std::memory_order_relaxed); }

  // By the holder, without the lock: a call begins. All times are CLOCK_MONOTONIC's, in ns.
  void call_begins(RawCount now) { since_.store(now, std::memory_order_relaxed); }

  // ns from `now` until the holder's current call is not waited for any more; 0: from now on.
  [[nodiscard]] RawCount patience_left(RawCount now) const {
    const RawCount until = since_.load(std::memory_order_relaxed) + kPatience;
    return until > now ? until - now : 0;
  }
  [[nodiscard]] bool hangs(RawCount now) const { return is_held() && patience_left(now) == 0; }

 private:
  static constexpr RawCount kNever = 0;

  std::atomic<RawCount> since_ = kNever;  // the holder's current call
};

}  // namespace perf_exporter
