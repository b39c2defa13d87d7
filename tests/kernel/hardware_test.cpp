#include "kernel/hardware_test.h"

#include <time.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <vector>

#include "base/clock.h"
#include "kernel/known_loop.h"
#include "kernel/user_only_kernel.h"
#include "perf/event_group.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kTrial = 1'000'000;  // instructions
constexpr std::size_t kMostCounters = 32;    // more than any PMU has

EventGroup open_alone(PerfKernel& kernel, const Encoding& encoding, CpuId cpu) {
  auto group = EventGroup::open(kernel, {encoding}, Target::of_cpu(cpu));
  EXPECT_TRUE(group) << group.error().fault.what;
  EXPECT_TRUE(group->enable(kernel));
  return std::move(*group);
}

// Whether so many events on `cpu` run all the time that they are enabled.
bool run_side_by_side(std::size_t events, CpuId cpu) {
  constexpr std::uint64_t kTurns = 50 * kMillisecond;  // a dozen of the kernel's rotations
  UserOnlyKernel kernel;
  std::vector<EventGroup> groups;
  for (std::size_t i = 0; i < events; ++i) {
    groups.push_back(open_alone(kernel, kInstructions, cpu));
  }
  for (const std::uint64_t end = monotonic_ns() + kTurns; monotonic_ns() < end;) {
    retire(kTrial / 10);
  }
  GroupReading reading;
  for (EventGroup& group : groups) {
    EXPECT_TRUE(group.read(kernel, reading));
    if (reading.running < reading.enabled - reading.enabled / 100) {
      return false;
    }
  }
  return true;
}

// Waits until others leave the CPU alone, for they are counted too: a kernel that has just booted
// tests its ciphers for a second, and a build that has just ended has to be written to disk. Not
// for ever: where it does not come to that, the tests judge.
void wait_until_quiet(CpuId cpu) {
  constexpr std::uint64_t kQuiet = 5'000'000;  // instructions in 0.1 s: 1 % to 10 % of what it can
  constexpr int kPatience = 100;
  LinuxPerfKernel kernel;
  EventGroup all = open_alone(kernel, kInstructions, cpu);
  GroupReading reading;
  RawCount before = 0;
  for (int i = 0; i < kPatience; ++i) {
    sleep_for(kSecond / 10);
    EXPECT_TRUE(all.read(kernel, reading));
    const RawCount now = reading.members.front().value;
    if (i > 0 && now - before < kQuiet) {
      return;
    }
    before = now;
  }
}

}  // namespace

OneCpu::OneCpu() {
  ::sched_getaffinity(0, sizeof allowed_, &allowed_);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed_)) {
    ++cpu;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  id_ = CpuId{cpu};
}

OneCpu::~OneCpu() {
  ::sched_setaffinity(0, sizeof allowed_, &allowed_);
}

void sleep_until(std::uint64_t ns) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(ns / kSecond);
  time.tv_nsec = static_cast<long>(ns % kSecond);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

void sleep_for(std::uint64_t ns) {
  sleep_until(monotonic_ns() + ns);
}

std::optional<std::string> why_hardware_does_not_count(CpuId cpu) {
#if defined(PERF_EXPORTER_SANITIZED)
  return "sanitizers add instructions of their own";
#endif
  UserOnlyKernel kernel;
  auto group = EventGroup::open(kernel, {kInstructions}, Target::of_cpu(cpu));
  if (!group) {
    const Fault& fault = group.error().fault;
    const bool refused = fault.code == EACCES || fault.code == EPERM;
    return (refused ? "counting a CPU is refused: " : "no hardware PMU: ") + fault.what;
  }
  GroupReading reading;
  if (!group->enable(kernel)) {
    return "instructions can't be enabled";
  }
  retire(kTrial);
  if (!group->read(kernel, reading)) {
    return "instructions can't be read";
  }
  if (reading.members.front().value < kTrial) {
    return "the PMU opens instructions and does not count them: " +
           std::to_string(reading.members.front().value) + " of " + std::to_string(kTrial);
  }
  return std::nullopt;
}

std::size_t counters_for_instructions(CpuId cpu) {
  std::size_t events = 1;
  while (events <= kMostCounters && run_side_by_side(events, cpu)) {
    ++events;
  }
  return events - 1;
}

void report(const std::string& name, const std::string& figure) {
  testing::Test::RecordProperty(name, figure);
  std::cout << "  " << name << ": " << figure << std::endl;
}

std::string off_by(double counted, double known) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.3f %%", 100 * (counted / known - 1));
  return text;
}

void HardwareTest::SetUp() {
  if (const auto reason = why_hardware_does_not_count(cpu())) {
    GTEST_SKIP() << *reason;
  }
  wait_until_quiet(cpu());
}

}  // namespace perf_exporter
