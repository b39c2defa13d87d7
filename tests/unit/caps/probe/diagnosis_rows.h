// The table of the diagnosis' tests: one row per situation, by the stage of the kernel's checks at
// which it shows.
#pragma once

#include <span>

#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {

// Where a row's facts and errnos come from.
inline constexpr const char* kHost = "run on Linux 6.18, a VM without a PMU, each in its process";
inline constexpr const char* kDebianVm =
    "run on Debian's kernels 6.1.192 and 6.12.117 in an emulated machine";
inline constexpr const char* kOci = "run under runc 1.1.5 and crun 1.8.1";
inline constexpr const char* kNspawn = "run under systemd-nspawn 252";
inline constexpr const char* kSource = "read in the sources of the kernel or the runtime, not run";
inline constexpr const char* kRule = "no recorded situation: a rule of the diagnosis";

struct Row {
  const char* name;
  const char* origin;
  void (*change)(HostFacts&);  // of plain_facts()
  const char* trials;
  const char* expected;
  Wanted wanted = {};
};

std::span<const Row> reach_rows();
std::span<const Row> gate_rows();
std::span<const Row> capability_rows();
std::span<const Row> pmu_rows();
std::span<const Row> cgroup_rows();

inline void nothing(HostFacts& /*facts*/) {}

// The trials of one process on a machine with a PMU.
inline constexpr const char* kAllowed = "EINVAL EFAULT OK OK OK OK OK OK";
inline constexpr const char* kAllowedNoPmu = "EINVAL EFAULT OK OK OK OK ENOENT ENOENT";
inline constexpr const char* kLevel1 = "EINVAL EFAULT OK OK EACCES EACCES EACCES OK";
inline constexpr const char* kLevel2 = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK";
inline constexpr const char* kLevel2NoPmu = "EINVAL EFAULT OK EACCES EACCES EACCES EACCES ENOENT";
inline constexpr const char* kDebianGate =
    "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES";
inline constexpr const char* kUbuntuGate =
    "EINVAL EACCES EACCES EACCES EACCES EACCES EACCES EACCES";
inline constexpr const char* kEperm = "EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM";
inline constexpr const char* kEnosys = "ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS";

}  // namespace perf_exporter
