#include "perf/core_pmu.h"

#include <gtest/gtest.h>

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
