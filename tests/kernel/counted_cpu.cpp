#include "kernel/counted_cpu.h"

#include <gtest/gtest.h>

#include "collectors/counting/group_opener.h"
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
                    opener.open(cpu, Arrangement::merged, kDescriptors));
}

CpuReading CountedCpu::read() {
  sleep_for(2 * kMillisecond);
  CpuReading reading;
  counters_.with_reading([&](const CountersView& view, const std::vector<Fault>& faults) {
    EXPECT_TRUE(faults.empty()) << faults.front().what;
    const CpuCounters& counters = view.cpus.at(cpu_);
    for (std::size_t event = 0; event < view.events.size(); ++event) {
      const std::string_view name = view.events[event].name;
      if (const auto total = counters.total(event)) {
        reading.totals[name] = *total;
      }
      if (const auto leader = counters.leader_of(event)) {
        reading.leaders[name] = view.events[*leader].name;
      }
      if (const auto status = counters.status(event)) {
        reading.statuses[name] = *status;
      }
      if (const auto times = counters.times_led_by(event)) {
        reading.times[name] = *times;
      }
    }
  });
  return reading;
}

}  // namespace perf_exporter
