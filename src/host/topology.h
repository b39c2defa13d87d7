#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/cpu_list.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Where a CPU sits, as label values; empty where the host does not say. `pmu` is the name of its
// core PMU, which tells the core types of a hybrid machine apart.
struct CpuInfo {
  CpuId cpu{};
  std::string core;
  std::string package;
  std::string die;
  std::string numa_node;
  std::string pmu;

  bool operator==(const CpuInfo&) const = default;
};

// A kind of CPU as /proc/cpuinfo tells it; on Arm the implementer, architecture, part and revision
// (arch/arm64/kernel/cpuinfo.c). What cache events mean depends on it.
struct CpuModel {
  std::string vendor;
  std::string family;
  std::string model;
  std::string stepping;
  std::string pmu;

  bool operator==(const CpuModel&) const = default;
};

// From sysfs' devices/system/cpu/cpuN (Documentation/admin-guide/cputopology.rst). -1, which some
// firmware leaves there, is no answer. `pmu` is the name of the CPU's core PMU.
CpuInfo read_cpu_info(const HostPaths& paths, CpuId cpu, std::string pmu);

// Those of `cpus` whose package the host does not tell.
CpuList without_package(const HostPaths& paths, const CpuList& cpus);

// What is known of a CPU once it was looked at again: what the host does not say now stays as it
// was.
CpuInfo updated(CpuInfo known, const CpuInfo& now);

// The name of a CPU's core PMU; no function: unknown of all.
using PmuNameOf = std::function<std::string(CpuId)>;

// The different models among all CPUs of /proc/cpuinfo, in the order of their first CPU; one of
// which nothing but the PMU is known is none.
std::vector<CpuModel> read_cpu_models(const HostPaths& paths, const PmuNameOf& pmu_of);

}  // namespace perf_exporter
