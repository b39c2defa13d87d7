#pragma once

#include <cstdint>
#include <random>

#include "base/count.h"

namespace perf_exporter {

// A load of bursts and pauses of random length, a few milliseconds at most, whose instructions are
// known: those of its loops. Its clock calls and sleeps, some hundred a burst, are not among them.
class BurstyLoad {
 public:
  explicit BurstyLoad(unsigned seed) : random_(seed) {}

  // Goes on with the load until CLOCK_MONOTONIC shows `end`, in ns, and one chunk of 0.1 million
  // instructions longer at most.
  void run_until(std::uint64_t end);

  // Instructions that its loops have retired so far.
  [[nodiscard]] Count known() const { return known_; }

 private:
  std::mt19937 random_;
  Count known_ = 0;
  bool busy_ = false;
  std::uint64_t phase_ends_ = 0;
};

}  // namespace perf_exporter
