#include "kernel/bursty_load.h"

#include <algorithm>

#include "base/clock.h"
#include "kernel/hardware_test.h"
#include "kernel/known_loop.h"

namespace perf_exporter {

void BurstyLoad::run_until(std::uint64_t end) {
  constexpr std::uint64_t kChunk = 100'000;
  constexpr std::uint64_t kLongestBurst = 3 * kMillisecond;
  constexpr std::uint64_t kLongestPause = 2 * kMillisecond;
  for (std::uint64_t now = monotonic_ns(); now < end; now = monotonic_ns()) {
    if (now >= phase_ends_) {
      busy_ = !busy_;
      const std::uint64_t longest = busy_ ? kLongestBurst : kLongestPause;
      phase_ends_ =
          now + std::uniform_int_distribution<std::uint64_t>(longest / 10, longest)(random_);
    }
    if (busy_) {
      retire(kChunk);
      known_ += kChunk;
    } else {
      sleep_until(std::min(phase_ends_, end));
    }
  }
}

}  // namespace perf_exporter
