#pragma once

#include <string>
#include <vector>

#include "base/cpu_list.h"
#include "base/host_paths.h"
#include "perf/core_pmu.h"

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
// firmware leaves there, is no answer.
CpuInfo read_cpu_info(const HostPaths& paths, CpuId cpu, const std::vector<CorePmu>& pmus);

// Those of `cpus` whose package the host does not tell.
CpuList without_package(const HostPaths& paths, const CpuList& cpus);

// What is known of a CPU once it was looked at again: what the host does not say now stays as it
// was.
CpuInfo updated(CpuInfo known, const CpuInfo& now);

// The different models among all CPUs of /proc/cpuinfo, in the order of their first CPU; one of
// which nothing but the PMU is known is none.
std::vector<CpuModel> read_cpu_models(const HostPaths& paths, const std::vector<CorePmu>& pmus);

}  // namespace perf_exporter
