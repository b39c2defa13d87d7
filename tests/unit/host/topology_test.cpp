#include "host/topology.h"

#include <gtest/gtest.h>

#include "fakes/temp_host.h"
#include "perf/core_pmu.h"

namespace perf_exporter {
namespace {

const std::filesystem::path kHosts = std::filesystem::path(FIXTURES) / "hosts";

HostPaths host_named(const char* name) {
  return {kHosts / name / "proc", kHosts / name / "sys"};
}

TEST(Topology, PlacesACpuOfAnX86Host) {
  const HostPaths host = host_named("bare-metal-x86");
  const CpuInfo info = read_cpu_info(host, CpuId{3}, core_pmu_name(find_core_pmus(host), CpuId{3}));
  EXPECT_EQ(to_int(info.cpu), 3);
  EXPECT_EQ(info.core, "1");
  EXPECT_EQ(info.package, "1");
  EXPECT_EQ(info.die, "0");
  EXPECT_EQ(info.numa_node, "1");
  EXPECT_EQ(info.pmu, "cpu");
}

TEST(Topology, TellsTheCoreTypesOfAHybridHost) {
  const HostPaths host = host_named("hybrid");
  const auto pmus = find_core_pmus(host);
  EXPECT_EQ(read_cpu_info(host, CpuId{0}, core_pmu_name(pmus, CpuId{0})).pmu, "cpu_core");
  EXPECT_EQ(read_cpu_info(host, CpuId{2}, core_pmu_name(pmus, CpuId{2})).pmu, "cpu_atom");
  const auto models = read_cpu_models(host, core_pmu_names(pmus));
  ASSERT_EQ(models.size(), 2U) << "one for each core type";
  EXPECT_EQ(models[0], (CpuModel{"GenuineIntel", "6", "183", "1", "cpu_core"}));
  EXPECT_EQ(models[1], (CpuModel{"GenuineIntel", "6", "183", "1", "cpu_atom"}));
}

TEST(Topology, ReadsArmsNamesOfTheModel) {
  const HostPaths host = host_named("arm64");
  const auto pmus = find_core_pmus(host);
  const auto models = read_cpu_models(host, core_pmu_names(pmus));
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0], (CpuModel{"0x41", "8", "0xd0c", "1", "armv8_pmuv3_0"}));
  const CpuInfo info = read_cpu_info(host, CpuId{1}, core_pmu_name(pmus, CpuId{1}));
  EXPECT_EQ(info.package, "0");
  EXPECT_EQ(info.die, "") << "arm64 has no die_id";
  EXPECT_EQ(info.numa_node, "0");
}

// 1.6 KiB a CPU as of a recent x86, most of it flags; the last CPU is of another stepping.
TEST(Topology, CpuinfoOfManyCpusIsReadToItsEnd) {
  constexpr int kCpus = 1000;
  std::string text;
  for (int cpu = 0; cpu < kCpus; ++cpu) {
    text += "processor\t: " + std::to_string(cpu) +
            "\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nstepping\t: " +
            (cpu + 1 < kCpus ? "8" : "9") + "\nflags\t\t: " + std::string(1500, 'f') + "\n\n";
  }
  TempHost host;
  host.write_proc("cpuinfo", text);
  const auto models = read_cpu_models(host.paths(), {});
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0], (CpuModel{"GenuineIntel", "6", "143", "8", ""}));
  EXPECT_EQ(models[1], (CpuModel{"GenuineIntel", "6", "143", "9", ""}));
}

TEST(Topology, WhatTheHostDoesNotSayIsEmpty) {
  const CpuInfo info = read_cpu_info({"/nowhere", "/nowhere"}, CpuId{1}, "");
  EXPECT_EQ(info.core + info.package + info.die + info.numa_node + info.pmu, "");
  EXPECT_TRUE(read_cpu_models({"/nowhere", "/nowhere"}, {}).empty());
}

// As a board without ACPI's tables has it; -1 for all of them is no package.
TEST(Topology, MinusOneIsNoAnswer) {
  TempHost host("0-2");
  host.add_topology(0, -1, -1, -1, 0);
  host.add_topology(1, 3, 0, -1, 0);
  const CpuInfo unknown = read_cpu_info(host.paths(), CpuId{0}, "");
  EXPECT_EQ(unknown.core + unknown.package + unknown.die, "");
  EXPECT_EQ(unknown.numa_node, "0");
  EXPECT_EQ(read_cpu_info(host.paths(), CpuId{1}, "").package, "0");
  EXPECT_EQ(format_cpu_list(without_package(host.paths(), parse_cpu_list("0-2").value())), "0,2");
}

// As RISC-V's cpuinfo has none of the four.
TEST(Topology, AModelOfWhichNothingIsKnownIsNone) {
  TempHost host;
  host.add_pmu("cpu", 4);
  host.write_proc("cpuinfo", "processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\n\n");
  EXPECT_TRUE(read_cpu_models(host.paths(), core_pmu_names(find_core_pmus(host.paths()))).empty());
}

TEST(Topology, OddLinesOfCpuinfoAreSkipped) {
  TempHost host;
  host.write_proc("cpuinfo", "no colon\n: no key\nprocessor\t: x\n\nprocessor : 0\nmodel\t\t: 7\n");
  const auto models = read_cpu_models(host.paths(), {});
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0], (CpuModel{"", "", "7", "", ""}));
}

}  // namespace
}  // namespace perf_exporter
