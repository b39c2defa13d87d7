// cycles and instructions, counted as one group beside many other events, and the same two counted
// apart: only the group's quotient is that of the loop. Under QEMU's icount a cycle is a nanosecond
// of virtual time and an instruction two, so the loop's IPC is 0.5 and nothing but wrong counting
// can change it. On real hardware it varies by itself with what the CPU's other thread does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fakes/scaled_event.h"
#include "kernel/bursty_load.h"
#include "kernel/counted_cpu.h"
#include "kernel/hardware_test.h"
#include "kernel/user_only_kernel.h"

namespace perf_exporter {
namespace {

constexpr int kReadings = 200;
constexpr RawCount kReadEvery = 50 * kMillisecond;
constexpr std::size_t kOthers = 12;
constexpr double kWidestSpread = 1.2;  // highest IPC by lowest, of one loop on real hardware

// An event alone in its group, scaled as the exporter scales.
class Alone {
 public:
  Alone(PerfKernel& kernel, const Encoding& encoding, CpuId cpu) : kernel_(kernel) {
    auto group = EventGroup::open(kernel, {encoding}, Target::of_cpu(cpu));
    EXPECT_TRUE(group) << group.error().fault.what;
    group_.push_back(std::move(*group));
    EXPECT_TRUE(group_.front().enable(kernel));
  }

  Count read() {
    EXPECT_TRUE(group_.front().read(kernel_, reading_));
    scaler_.update({reading_.members.front().value, reading_.enabled, reading_.running});
    return scaler_.total();
  }

 private:
  PerfKernel& kernel_;
  std::vector<EventGroup> group_;  // one
  GroupReading reading_;
  ScaledEvent scaler_;
};

// The quotients of what two totals grew by between readings at which both had grown.
class Quotients {
 public:
  void add(Count instructions, Count cycles) {
    if (instructions > instructions_ && cycles > cycles_) {
      const double ipc =
          static_cast<double>(instructions - instructions_) / static_cast<double>(cycles - cycles_);
      if (started_) {
        lowest_ = std::min(lowest_, ipc);
        highest_ = std::max(highest_, ipc);
        ++number_;
      }
      started_ = true;
      instructions_ = instructions;
      cycles_ = cycles;
    }
  }

  void add(const CpuReading& reading) {
    if (reading.totals.contains("cycles") && reading.totals.contains("instructions")) {
      add(reading.totals.at("instructions"), reading.totals.at("cycles"));
    }
  }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] double lowest() const { return lowest_; }
  [[nodiscard]] double highest() const { return highest_; }
  [[nodiscard]] double spread() const { return highest_ / lowest_; }
  [[nodiscard]] std::string in_words() const {
    if (number_ == 0) {
      return "none";
    }
    char text[80];
    std::snprintf(text, sizeof text, "%.4f ... %.4f in %d readings", lowest_, highest_, number_);
    return text;
  }

 private:
  bool started_ = false;
  Count instructions_ = 0;
  Count cycles_ = 0;
  double lowest_ = std::numeric_limits<double>::max();
  double highest_ = 0;
  int number_ = 0;
};

// Whether cycles are a clock of two for each instruction, as icount makes them.
bool is_clock(const Quotients& quotients) {
  return quotients.lowest() > 0.4995 && quotients.highest() < 0.5005;
}

class Grouping : public HardwareTest {
 protected:
  // Opens what the exporter's machinery has to share the counters with.
  void compete() {
    for (std::size_t i = 0; i < kOthers; ++i) {
      others_.emplace_back(kernel_, i % 2 == 0 ? kInstructions : kCycles, cpu());
    }
  }

  // One reading of the exporter's machinery after a while of load.
  CpuReading next(CountedCpu& counted) {
    load_.run_until(monotonic_ns() + kReadEvery);
    kernel_.take_readings();
    return counted.read();
  }

  UserOnlyKernel& kernel() { return kernel_; }

 private:
  UserOnlyKernel kernel_;
  std::vector<Alone> others_;
  BurstyLoad load_{7};
};

TEST_F(Grouping, CyclesAndInstructionsShareEveryReading) {
  CountedCpu counted(kernel(), {"cycles", "instructions"}, cpu());
  compete();
  for (int i = 0; i < kReadings / 4; ++i) {
    const CpuReading reading = next(counted);
    ASSERT_EQ(reading.leaders.at("instructions"), reading.leaders.at("cycles"));
    const auto groups = kernel().take_readings();
    ASSERT_EQ(groups.size(), 1U) << "one reading with one pair of times for both";
    ASSERT_GE(groups.front().members.size(), 2U);
  }
}

TEST_F(Grouping, QuotientIsTheLoopsBesideOthers) {
  CountedCpu counted(kernel(), {"cycles", "instructions"}, cpu());
  Quotients undisturbed;
  for (int i = 0; i < kReadings / 10; ++i) {
    undisturbed.add(next(counted));
  }
  compete();
  Alone cycles(kernel(), kCycles, cpu());
  Alone instructions(kernel(), kInstructions, cpu());
  Quotients grouped;
  Quotients apart;
  for (int i = 0; i < kReadings; ++i) {
    grouped.add(next(counted));
    const Count instructions_alone = instructions.read();
    apart.add(instructions_alone, cycles.read());
  }
  report("undisturbed", undisturbed.in_words());
  report("group_beside_others", grouped.in_words());
  report("counted_apart_beside_others", apart.in_words());
  EXPECT_GE(grouped.number(), kReadings / 4);
  EXPECT_GE(apart.number(), kReadings / 4);
  EXPECT_LT(grouped.spread(), apart.spread());
  if (is_clock(undisturbed)) {
    EXPECT_GE(grouped.lowest(), 0.495);
    EXPECT_LE(grouped.highest(), 0.505);
  } else {
    EXPECT_LE(grouped.spread(), kWidestSpread);
  }
}

}  // namespace
}  // namespace perf_exporter
