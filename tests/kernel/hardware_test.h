// What the tests on a real PMU share: a CPU of their own, and whether it counts at all.
#pragma once

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sched.h>

#include <cstdint>
#include <optional>
#include <string>

#include "host/cpu_list.h"
#include "perf/encoding.h"

namespace perf_exporter {

inline constexpr Encoding kCycles{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};
inline constexpr Encoding kInstructions{PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS};

inline constexpr std::uint64_t kMillisecond = 1'000'000;  // in ns
inline constexpr std::uint64_t kSecond = 1'000 * kMillisecond;

// Keeps the calling thread on one CPU, the first that it may use, for as long as this lives.
class OneCpu {
 public:
  OneCpu();
  OneCpu(const OneCpu&) = delete;
  OneCpu& operator=(const OneCpu&) = delete;
  ~OneCpu();

  [[nodiscard]] CpuId id() const { return id_; }

 private:
  cpu_set_t allowed_{};
  CpuId id_{};
};

// Sleeps until CLOCK_MONOTONIC shows `ns`.
void sleep_until(std::uint64_t ns);
void sleep_for(std::uint64_t ns);

// Why nothing about hardware events can be tested on `cpu`; nothing where instructions count there.
std::optional<std::string> why_hardware_does_not_count(CpuId cpu);

// How many `instructions` events count on `cpu` at once without taking turns, found by trying.
std::size_t counters_for_instructions(CpuId cpu);

// A figure for the reader of the results: on stdout, and a property of the test.
void report(const std::string& name, const std::string& figure);

// "+0.12 %": how far `counted` is from `known`.
std::string off_by(double counted, double known);

// Runs on one CPU whose instructions count and that nobody else uses much; skips where there is
// none.
class HardwareTest : public testing::Test {
 protected:
  void SetUp() override;

  [[nodiscard]] CpuId cpu() const { return one_cpu_.id(); }

 private:
  OneCpu one_cpu_;
};

}  // namespace perf_exporter
