#include "kernel/multiplexed_cpu.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/clock.h"
#include "collectors/opening/group_opener.h"
#include "kernel/hardware_test.h"
#include "kernel/task_event.h"

namespace perf_exporter {

namespace {

// Each in a group of its own.
EventSet make_events(std::size_t number) {
  std::vector<Event> events(number);
  for (std::size_t i = 0; i < number; ++i) {
    events[i].name = events[i].group = "instructions_" + std::to_string(i);
    events[i].encoding = kInstructions;
  }
  return EventSet(std::move(events));
}

}  // namespace

MultiplexedCpu::MultiplexedCpu(CpuId cpu, std::size_t events)
    : wanted_(make_events(events)),
      traits_(wanted_),
      counters_(std::make_shared<const CpuInfo>(CpuInfo{cpu, "", "", "", "", ""}), traits_) {
  GroupOpener opener(kernel_, wanted_, find_core_pmus({}), Guests::include);
  OpenedCpu opened = opener.open(Target::of_cpu(cpu), Arrangement::apart, events);
  EXPECT_EQ(opened.groups.size(), events);
  enable_groups(kernel_, opened);
  counters_.install(OpenStates().share(std::move(opened), events));
}

void MultiplexedCpu::read() {
  read_counters();
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    totals_.push_back(counters_.total(i));
  }
}

void MultiplexedCpu::read_counters() {
  counters_.apply(counters_.collect(kernel_, reading_), reading_);
}

MultiplexedCpu::Record MultiplexedCpu::finish() {
  Record record{kernel_.take_readings(), std::exchange(totals_, {}), {}};
  read_counters();
  counters_.release();
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    record.final_totals.push_back(counters_.counted(i));
  }
  return record;
}

std::uint64_t instructions_of_a_reading(CpuId cpu, std::size_t events) {
  constexpr std::uint64_t kReadings = 100;
  UserOnlyKernel kernel;
  const TaskEvent own(kernel, 0);
  MultiplexedCpu counted(cpu, events);
  const TaskEvent::Reading before = own.read();
  for (std::uint64_t i = 0; i < kReadings; ++i) {
    counted.read();
  }
  const TaskEvent::Reading after = own.read();
  return (TaskEvent::value_of(after) - TaskEvent::value_of(before)) / kReadings;
}

}  // namespace perf_exporter
