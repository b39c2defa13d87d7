#include "kernel/counted_cpu.h"

#include <gtest/gtest.h>

#include "collectors/opening/group_opener.h"
#include "kernel/hardware_test.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kDescriptors = 1000;

OnlineCpus online_cpus() {
  auto online = OnlineCpus::open({});
  EXPECT_TRUE(online) << online.error().what;
  return std::move(*online);
}

}  // namespace

CountedCpu::CountedCpu(PerfKernel& kernel, const std::vector<std::string>& collectors, CpuId cpu)
    : cpu_(cpu), counters_(kernel, events_of(collectors), online_cpus()) {
  const auto pmus = find_core_pmus({});
  GroupOpener opener(kernel, events_of(collectors), pmus, Guests::include);
  counters_.install(read_cpu_info({}, cpu, core_pmu_name(pmus, cpu)),
                    opener.open(Target::of_cpu(cpu), Arrangement::merged, kDescriptors));
}

CpuReading CountedCpu::read() {
  sleep_for(2 * kMillisecond);
  CpuReading reading;
  const auto [now, faults] = counters_.read();
  EXPECT_TRUE(faults.empty()) << faults.front().what;
  const SnapshotRow* row = now->find(cpu_);
  for (std::size_t event = 0; row != nullptr && event < now->events().size(); ++event) {
    const std::string_view name = now->events()[event].name;
    if (const auto total = row->total(event)) {
      reading.totals[name] = *total;
    }
    if (const auto leader = row->leader_of(event)) {
      reading.leaders[name] = now->events()[*leader].name;
    }
    if (const auto status = row->status(event)) {
      reading.statuses[name] = *status;
    }
    if (const auto times = row->times_led_by(event)) {
      reading.times[name] = *times;
    }
  }
  return reading;
}

}  // namespace perf_exporter
