#include "collectors/families/counter_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "exposition/layout_rules.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

using Samples = std::map<std::string, Value>;

std::string series_name(const Family& family, const Labels& labels) {
  std::string name = family.name;
  for (const auto& [label, value] : labels) {
    name += " " + label + "=" + value;
  }
  return name;
}

// The present samples by "family label=value ...".
Samples samples_of(const SampleTable& table) {
  Samples samples;
  std::size_t next = 0;
  for (const Family& family : table.layout.families) {
    for (const Labels& labels : label_sets(table.layout, family)) {
      const Value& value = table.values.at(next++);
      if (value.present) {
        samples.emplace(series_name(family, labels), value);
      }
    }
  }
  EXPECT_EQ(next, table.values.size()) << "values run parallel to the series";
  return samples;
}

const std::vector<std::string> kCollectors = {"cycles", "instructions", "branch", "cache",
                                              "software"};

Samples take(Machine& machine, CounterTable& table) {
  let_the_reading_age();
  return samples_of(*table.update(*machine.counters.read().snapshot, ProcessUsage{}));
}

std::uint64_t count(const Samples& samples, const std::string& name) {
  const auto found = samples.find(name);
  EXPECT_NE(found, samples.end()) << name;
  return found == samples.end() ? 0 : static_cast<std::uint64_t>(found->second.count);
}

std::size_t present_with(const Samples& samples, std::string_view part) {
  std::size_t found = 0;
  for (const auto& [name, value] : samples) {
    found += name.find(part) != std::string::npos ? 1 : 0;
  }
  return found;
}

// Four CPUs in two packages; CPU n counts n + 1 thousand a reading.
class CounterTableTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int cpu = 0; cpu < 4; ++cpu) {
      machine_.host.add_topology(cpu, cpu, cpu / 2, 0, 0);
    }
    machine_.kernel.count({}, [](const perf_event_attr& attr, int cpu, int n) {
      return course(1000 * (static_cast<std::uint64_t>(cpu) + 1))(attr, cpu, n);
    });
    machine_.open_cpus(kAll);
  }

  const CpuList kAll = {CpuId{0}, CpuId{1}, CpuId{2}, CpuId{3}};
  Machine machine_{default_events(), "0-3"};
};

TEST_F(CounterTableTest, HasASeriesForEachCpuAndEvent) {
  CounterTable table(Aggregate::cpu, kCollectors);
  const Samples samples = take(machine_, table);
  EXPECT_EQ(count(samples, "perf_cpu_cycles_total cpu=0"), 1000U);
  EXPECT_EQ(count(samples, "perf_cpu_cycles_total cpu=3"), 4000U);
  EXPECT_EQ(count(samples, "perf_cpu_context_switches_total cpu=1"), 2000U);
  EXPECT_EQ(count(samples, "perf_cpu_group_enabled_seconds_total cpu=2 group=cycles"), kSecond);
  EXPECT_EQ(count(samples, "perf_cpu_group_running_seconds_total cpu=2 group=page_faults"),
            kSecond);
  EXPECT_EQ(count(samples, "perf_exporter_event_cpus event=cycles scope=cpu status=counting"), 4U);
  EXPECT_EQ(present_with(samples, "status="), machine_.events.size())
      << "only the statuses that hold";
  EXPECT_EQ(count(samples, "perf_exporter_collector_success collector=cache"), 1U);
  EXPECT_EQ(count(samples, "perf_exporter_read_failures_total"), 0U);
}

TEST_F(CounterTableTest, FamiliesAreValidAndBelongToTheirCollectors) {
  for (const Aggregate aggregate : {Aggregate::cpu, Aggregate::package, Aggregate::node}) {
    CounterTable table(aggregate, kCollectors);
    const auto now = machine_.counters.read().snapshot;
    const auto samples = table.update(*now, ProcessUsage{});
    const Layout& layout = samples->layout;
    EXPECT_THAT(check_layout(layout), testing::IsEmpty());
    for (const Family& family : layout.families) {
      const bool of_events = family.name.starts_with("perf_") &&
                             !family.name.starts_with("perf_exporter_") &&
                             family.name.find("_group_") == std::string::npos;
      EXPECT_EQ(!family.collector.empty(), of_events) << family.name;
      for (const Labels& labels : label_sets(layout, family)) {
        for (const auto& [name, value] : labels) {
          EXPECT_NE(name, "node") << "it is the scrape's";
        }
      }
    }
  }
}

TEST_F(CounterTableTest, TheLayoutIsMadeAnewOnlyWhereCpusOrGroupsChanged) {
  CounterTable table(Aggregate::cpu, kCollectors);
  const auto generation = [&] {
    let_the_reading_age();
    return table.update(*machine_.counters.read().snapshot, ProcessUsage{})->layout.generation;
  };
  const auto first = generation();
  EXPECT_EQ(generation(), first);
  machine_.counters.keep_only({CpuId{0}});
  EXPECT_NE(generation(), first);
}

TEST_F(CounterTableTest, PackagesAreSummedUp) {
  CounterTable table(Aggregate::package, kCollectors);
  const Samples samples = take(machine_, table);
  EXPECT_EQ(count(samples, "perf_package_cycles_total package=0"), 3000U);
  EXPECT_EQ(count(samples, "perf_package_cycles_total package=1"), 7000U);
  EXPECT_EQ(count(samples, "perf_package_group_enabled_seconds_total package=1 group=cycles"),
            2 * kSecond);
  EXPECT_EQ(present_with(samples, " cpu="), 0U);
}

// CPUs of which nobody tells the package would make one package of all of them.
TEST(CounterTable, CpusOfNoKnownPackageAreInNoSumByPackage) {
  Machine machine(default_events(), "0-2");
  machine.host.add_topology(0, 0, 0, 0, 0);
  machine.host.add_topology(1, 0, -1, 0, 0);
  machine.kernel.count({}, course(1000));
  machine.open_cpus({CpuId{0}, CpuId{1}, CpuId{2}});
  CounterTable by_package(Aggregate::package, kCollectors);
  const Samples samples = take(machine, by_package);
  EXPECT_EQ(count(samples, "perf_package_cycles_total package=0"), 1000U);
  EXPECT_EQ(present_with(samples, "perf_package_cycles_total"), 1U);
  machine.counters.keep_only({CpuId{1}, CpuId{2}});
  CounterTable unknown(Aggregate::package, kCollectors);
  EXPECT_EQ(present_with(take(machine, unknown), "perf_package_"), 0U);
  CounterTable node(Aggregate::node, kCollectors);
  EXPECT_EQ(count(take(machine, node), "perf_node_cycles_total"), 7000U);
}

TEST_F(CounterTableTest, SumsDoNotFallWhenACpuGoesAndComesBack) {
  CounterTable table(Aggregate::node, kCollectors);
  EXPECT_EQ(count(take(machine_, table), "perf_node_cycles_total"), 10'000U);
  machine_.host.set_online("0-2");
  EXPECT_EQ(count(take(machine_, table), "perf_node_cycles_total"), 4000U + 2 * 6000U)
      << "seen offline: its last total stands";
  machine_.counters.keep_only({CpuId{0}, CpuId{1}, CpuId{2}});
  EXPECT_EQ(count(take(machine_, table), "perf_node_cycles_total"), 4000U + 3 * 6000U);
  machine_.host.set_online("0-3");
  machine_.open_cpu(CpuId{3});
  const Samples back = take(machine_, table);
  EXPECT_EQ(count(back, "perf_node_cycles_total"), 4000U + 4 * 6000U + 4000U);
  EXPECT_EQ(count(back, "perf_node_group_enabled_seconds_total group=cycles"), 14 * kSecond);
}

TEST_F(CounterTableTest, AStarvedCpuKeepsItsShareOfASum) {
  CounterTable table(Aggregate::node, kCollectors);
  FakePerfKernel::Match third = hardware();
  third.cpu = 2;
  machine_.kernel.count(third, [](const perf_event_attr&, int, int n) {
    return FakeCount{500, (static_cast<std::uint64_t>(n) + 1) * 2 * kSecond, 2 * kSecond};
  });
  machine_.open_cpu(CpuId{2}, Arrangement::apart);
  const auto before = count(take(machine_, table), "perf_node_cycles_total");
  const Samples starved = take(machine_, table);
  EXPECT_EQ(count(starved, "perf_exporter_event_cpus event=cycles scope=cpu status=starved"), 1U);
  EXPECT_EQ(count(starved, "perf_node_cycles_total"), before + 1000 + 2000 + 4000);
}

TEST_F(CounterTableTest, WhatCountsNowhereIsAbsentAndSaidToBe) {
  Machine machine;
  machine.kernel.refuse(hardware(), ENOENT);
  machine.open_cpus({CpuId{0}, CpuId{1}});
  CounterTable table(Aggregate::cpu, kCollectors);
  const Samples samples = take(machine, table);
  EXPECT_EQ(present_with(samples, "perf_cpu_cycles_total"), 0U);
  EXPECT_EQ(count(samples, "perf_exporter_event_cpus event=cycles scope=cpu status=counting"), 0U);
  EXPECT_EQ(count(samples, "perf_exporter_event_cpus event=cycles scope=cpu status=unsupported"),
            2U);
  EXPECT_EQ(count(samples, "perf_exporter_collector_success collector=cycles"), 0U);
  EXPECT_EQ(count(samples, "perf_exporter_collector_success collector=software"), 1U);
  CounterTable node(Aggregate::node, kCollectors);
  EXPECT_EQ(present_with(take(machine, node), "perf_node_cycles_total"), 0U);
}

TEST_F(CounterTableTest, AFailedReadIsNoSuccess) {
  CounterTable table(Aggregate::cpu, kCollectors);
  machine_.kernel.set_read_error(EIO, PERF_TYPE_SOFTWARE);
  const Samples samples = take(machine_, table);
  EXPECT_EQ(count(samples, "perf_exporter_collector_success collector=software"), 0U);
  EXPECT_EQ(count(samples, "perf_exporter_collector_success collector=cycles"), 1U);
  EXPECT_EQ(count(samples, "perf_exporter_event_cpus event=page_faults scope=cpu status=busy"), 4U);
  EXPECT_EQ(count(samples, "perf_exporter_read_failures_total"), 4U);
}

TEST(CounterTable, NodeHasAsManySeriesOn64CpusAsOn2) {
  const auto series = [](const char* online) {
    Machine machine(default_events(), online);
    machine.open_cpus(parse_cpu_list(online).value());
    CounterTable table(Aggregate::node, kCollectors);
    std::set<std::string> names;
    for (const auto& [name, value] : take(machine, table)) {
      names.insert(name);
    }
    return names;
  };
  EXPECT_EQ(series("0-1"), series("0-63"));
}

TEST(CounterTable, SumsGoBeyond64Bits) {
  constexpr std::uint64_t kTenYears = 315'360'000 * kSecond;
  Machine machine(events_named({"cycles", "instructions"}), "0-15");
  machine.kernel.count({}, [](const perf_event_attr&, int, int) {
    return FakeCount{5 * kTenYears, kTenYears, kTenYears};
  });
  machine.open_cpus(parse_cpu_list("0-15").value());
  CounterTable table(Aggregate::node, {"cycles"});
  const Samples samples = take(machine, table);
  EXPECT_TRUE(samples.at("perf_node_cycles_total").count == Count{16 * 5} * kTenYears);
}

TEST(CounterTable, CacheEventsCarryCacheAndOp) {
  Machine machine(events_of({"hw_cache"}), "0");
  machine.open_cpu(CpuId{0});
  CounterTable table(Aggregate::cpu, {"hw_cache"});
  const Samples samples = take(machine, table);
  EXPECT_EQ(count(samples, "perf_cpu_hw_cache_misses_total cpu=0 cache=ll op=read"), 1000U);
  EXPECT_EQ(present_with(samples, "perf_cpu_hw_cache_accesses_total"), 21U);
}

TEST(CounterTable, ProcessFactsThatAreUnknownAreAbsent) {
  Machine machine(default_events(), "0");
  machine.open_cpu(CpuId{0});
  CounterTable table(Aggregate::cpu, kCollectors);
  ProcessUsage usage;
  usage.cpu_seconds = 1.5;
  usage.open_fds = 7;
  usage.dropped_messages = 3;
  const Samples samples = samples_of(*table.update(*machine.counters.state(), usage));
  EXPECT_EQ(count(samples, "process_open_fds"), 7U);
  EXPECT_EQ(count(samples, "perf_exporter_log_messages_dropped_total"), 3U);
  EXPECT_DOUBLE_EQ(samples.at("process_cpu_seconds_total").real, 1.5);
  EXPECT_EQ(present_with(samples, "process_"), 2U);
}

}  // namespace
}  // namespace perf_exporter
