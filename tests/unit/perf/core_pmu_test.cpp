#include "perf/core_pmu.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

TEST(CorePmu, TheOnePmuOfAnX86HostHasEveryCpu) {
  TempHost host;
  host.add_pmu("cpu", 4);
  host.add_pmu("software", 1);
  host.add_pmu("msr", 10);
  host.write_sys("bus/event_source/devices/uncore_imc/type", "20\n");
  host.write_sys("bus/event_source/devices/uncore_imc/cpumask", "0\n");
  const auto pmus = find_core_pmus(host.paths());
  ASSERT_EQ(pmus.size(), 1U);
  EXPECT_EQ(pmus[0].name, "cpu");
  EXPECT_EQ(pmus[0].type, 4U);
  EXPECT_TRUE(pmus[0].cpus.empty());
  EXPECT_EQ(core_pmu_of(pmus, CpuId{511}), &pmus[0]);
}

TEST(CorePmu, HybridX86HasOneForEachCoreType) {
  TempHost host("0-3");
  host.add_pmu("cpu_core", 4, "0-1");
  host.add_pmu("cpu_atom", 10, "2-3");
  const auto pmus = find_core_pmus(host.paths());
  ASSERT_EQ(pmus.size(), 2U);
  EXPECT_EQ(core_pmu_of(pmus, CpuId{0})->name, "cpu_core");
  EXPECT_EQ(core_pmu_of(pmus, CpuId{3})->name, "cpu_atom");
  EXPECT_EQ(core_pmu_of(pmus, CpuId{3})->type, 10U);
  EXPECT_EQ(core_pmu_of(pmus, CpuId{4}), nullptr);
}

TEST(CorePmu, ArmNamesItsOwn) {
  TempHost host("0-3");
  host.add_pmu("armv8_pmuv3_0", 8, "0-3");
  const auto pmus = find_core_pmus(host.paths());
  ASSERT_EQ(pmus.size(), 1U);
  EXPECT_EQ(core_pmu_of(pmus, CpuId{2})->name, "armv8_pmuv3_0");
}

class ArmEvents : public testing::Test {
 protected:
  void list(const std::string& pmu, const std::vector<std::string>& events) {
    host_.add_pmu(pmu, 8, "0-3");
    for (const std::string& event : events) {
      host_.write_sys("bus/event_source/devices/" + pmu + "/events/" + event, "event=0x0\n");
    }
  }
  std::string_view missing(std::uint64_t config, std::uint32_t type = PERF_TYPE_HARDWARE) {
    const auto pmus = find_core_pmus(host_.paths());
    return pmus.size() == 1 ? missing_event(pmus[0], {type, config}) : "no PMU";
  }

  TempHost host_{"0-3"};
};

TEST_F(ArmEvents, WhatThePmuDoesNotListIsMissing) {
  list("armv8_pmuv3_0", {"cpu_cycles", "inst_retired", "stall_backend", "stall_frontend"});
  for (const std::uint64_t listed :
       {PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
        PERF_COUNT_HW_STALLED_CYCLES_BACKEND}) {
    EXPECT_EQ(missing(listed), "") << listed;
  }
  EXPECT_EQ(missing(PERF_COUNT_HW_CACHE_REFERENCES), "l1d_cache");
  EXPECT_EQ(missing(PERF_COUNT_HW_CACHE_MISSES), "l1d_cache_refill");
  EXPECT_EQ(missing(PERF_COUNT_HW_BRANCH_INSTRUCTIONS), "br_retired");
  EXPECT_EQ(missing(PERF_COUNT_HW_BRANCH_MISSES), "br_mis_pred");
  EXPECT_EQ(missing(PERF_COUNT_HW_BUS_CYCLES), "bus_cycles");
}

TEST_F(ArmEvents, BranchesHaveTwoNames) {
  list("armv9_neoverse_n2", {"cpu_cycles", "pc_write_retired"});
  EXPECT_EQ(missing(PERF_COUNT_HW_BRANCH_INSTRUCTIONS), "");
}

// Reference cycles are no event of the driver's; cache events may be the implementation's own.
TEST_F(ArmEvents, OtherEventsAreNotJudged) {
  list("armv8_pmuv3_0", {"cpu_cycles"});
  EXPECT_EQ(missing(PERF_COUNT_HW_REF_CPU_CYCLES), "");
  EXPECT_EQ(missing(PERF_COUNT_HW_CACHE_REFERENCES, PERF_TYPE_HW_CACHE), "");
  EXPECT_EQ(missing(PERF_COUNT_SW_PAGE_FAULTS, PERF_TYPE_SOFTWARE), "");
}

TEST_F(ArmEvents, WithoutAListNothingIsJudged) {
  host_.add_pmu("armv8_pmuv3_0", 8, "0-3");
  EXPECT_EQ(missing(PERF_COUNT_HW_BUS_CYCLES), "");
}

TEST_F(ArmEvents, OtherPmusAreNotJudgedByTheirList) {
  list("cpu_core", {"cpu-cycles"});
  EXPECT_EQ(missing(PERF_COUNT_HW_BUS_CYCLES), "");
}

// A hybrid machine's PMU lists its online CPUs; with all of them offline it has none, not all.
TEST(CorePmu, APmuWithoutCpusHasNone) {
  TempHost host("0-1");
  host.write_sys("bus/event_source/devices/cpu_atom/type", "10\n");
  host.write_sys("bus/event_source/devices/cpu_atom/cpus", "\n");
  host.add_pmu("cpu_core", 4, "0-1");
  const auto pmus = find_core_pmus(host.paths());
  ASSERT_NE(core_pmu_of(pmus, CpuId{0}), nullptr);
  EXPECT_EQ(core_pmu_of(pmus, CpuId{0})->name, "cpu_core");
}

TEST(CorePmu, NoneWithoutAPmuOrWithoutSysfs) {
  TempHost host;
  host.add_pmu("software", 1);
  host.add_pmu("tracepoint", 2);
  EXPECT_TRUE(find_core_pmus(host.paths()).empty());
  EXPECT_TRUE(find_core_pmus({"/nowhere", "/nowhere"}).empty());
  EXPECT_EQ(core_pmu_of({}, CpuId{0}), nullptr);
}

TEST(CorePmu, OneWithoutAReadableTypeIsLeftOut) {
  TempHost host;
  host.write_sys("bus/event_source/devices/cpu/type", "four\n");
  EXPECT_TRUE(find_core_pmus(host.paths()).empty());
}

}  // namespace
}  // namespace perf_exporter
