#include "kernel/multiplexed_cpu.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/clock.h"
#include "collectors/group_opener.h"
#include "kernel/hardware_test.h"
#include "kernel/task_event.h"

namespace perf_exporter {

MultiplexedCpu::MultiplexedCpu(CpuId cpu, std::size_t events)
    : events_(events), counters_({cpu, "", "", "", "", ""}, events) {
  std::vector<std::string> names;
  std::vector<CatalogEvent> rows;
  std::vector<const CatalogEvent*> wanted;
  for (std::size_t i = 0; i < events; ++i) {
    names.push_back("instructions_" + std::to_string(i));
  }
  for (const std::string& name : names) {
    rows.push_back({"test", name, kInstructions, "test", "A test.", name});
  }
  for (const CatalogEvent& row : rows) {
    wanted.push_back(&row);
  }
  GroupOpener opener(kernel_, wanted, find_core_pmus({}), Guests::include);
  OpenedCpu opened = opener.open(cpu, Arrangement::apart, events);
  EXPECT_EQ(opened.groups.size(), events);
  counters_.install(kernel_, std::move(opened), monotonic_ns());
}

void MultiplexedCpu::read() {
  counters_.read(kernel_, monotonic_ns());
  for (std::size_t i = 0; i < events_; ++i) {
    totals_.push_back(counters_.total(i));
  }
}

MultiplexedCpu::Record MultiplexedCpu::finish() {
  Record record{kernel_.take_readings(), std::exchange(totals_, {}), {}};
  counters_.release(kernel_, monotonic_ns());
  for (std::size_t i = 0; i < events_; ++i) {
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
