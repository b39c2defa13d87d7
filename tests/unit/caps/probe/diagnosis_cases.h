// Shorthand for the diagnosis' inputs.
#pragma once

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "caps/probe/diagnosis.h"

namespace perf_exporter {

inline constexpr std::uint64_t kPerfmonBit = bit(Capability::perfmon);
inline constexpr std::uint64_t kSysAdminBit = bit(Capability::sys_admin);
inline constexpr std::uint64_t kAllBits = 0x1ffffffffff;

// uid 65534 without capabilities on a mainline kernel with a PMU, everything else ordinary.
inline HostFacts plain_facts() {
  HostFacts facts;
  facts.uid = 65534;
  facts.capabilities = CapabilitySets{0, 0, 0, kAllBits, 0};
  facts.capget = facts.capabilities;
  facts.no_new_privs = false;
  facts.seccomp_mode = 0;
  facts.tracer_pid = 0;
  facts.initial_user_namespace = true;
  facts.executable = "/usr/bin/perf-exporter";
  facts.file_capabilities = FileCapabilities{};
  facts.nosuid_mount = false;
  facts.descriptors = DescriptorLimits{1024, 4096};
  facts.lsm_label = "unconfined";
  facts.place = Place::host;
  facts.runtime = Runtime::none;
  facts.cgroups.mode = CgroupMode::v2;
  facts.cgroups.perf_hierarchy = PerfHierarchy::v2;
  facts.cgroups.root_delegates = true;
  facts.cgroups.shows_all = true;
  facts.kernel_release = "6.18.0";
  facts.kernel_version = "#1 SMP";
  facts.kernel_vendor = KernelVendor::other;
  facts.has_paranoid_sysctl = true;
  facts.perf_event_paranoid = 2;
  facts.cap_last_cap = 40;
  facts.no_file_caps = false;
  facts.emulated = false;
  facts.core_pmus = std::vector<std::string>{"cpu"};
  facts.hypervisor = Hypervisor::none;
  return facts;
}

// CAP_PERFMON effective and permitted, seen by capget as well.
inline void grant(HostFacts& facts, std::uint64_t capabilities) {
  facts.capabilities->effective |= capabilities;
  facts.capabilities->permitted |= capabilities;
  facts.capget = facts.capabilities;
}

inline void set_file_capabilities(HostFacts& facts, std::uint64_t permitted) {
  facts.file_capabilities = FileCapabilities{true, permitted, 0, true, 0};
}

// r0 to r10 by name: "EINVAL EFAULT OK EACCES ...", "SIGSYS", "SIGKILL", "HANG" for a call that
// does not return, "-" for not run and for what is left out.
inline Trials trials_of(const std::string& words) {
  const std::map<std::string, int> errors = {
      {"EINVAL", EINVAL}, {"EFAULT", EFAULT}, {"EACCES", EACCES},         {"EPERM", EPERM},
      {"ENOENT", ENOENT}, {"ENOSYS", ENOSYS}, {"ENODEV", ENODEV},         {"EMFILE", EMFILE},
      {"ENFILE", ENFILE}, {"EBUSY", EBUSY},   {"EOPNOTSUPP", EOPNOTSUPP}, {"EBADF", EBADF}};
  Trials trials;
  std::istringstream stream(words);
  for (TrialResult& result : trials.results) {
    std::string word = "-";
    stream >> word;
    if (word == "OK") {
      result = {TrialResult::Outcome::opened, 0};
    } else if (word == "SIGSYS" || word == "SIGKILL") {
      result = {TrialResult::Outcome::killed, word == "SIGSYS" ? SIGSYS : SIGKILL};
    } else if (word == "HANG") {
      result = {TrialResult::Outcome::unanswered, 0};
    } else if (word != "-") {
      result = {TrialResult::Outcome::refused, errors.at(word)};
    }
  }
  const bool tries_a_cgroup = trials[Trial::kernel_cgroup].outcome != TrialResult::Outcome::not_run;
  trials.cgroup = tries_a_cgroup ? "/sys/fs/cgroup/a" : "";
  return trials;
}

// "fail:user_namespace warn:no_pmu", in order.
inline std::string ids_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += (text.empty() ? "" : " ") + std::string(to_text(finding.severity)) + ":" + finding.id;
  }
  return text;
}

}  // namespace perf_exporter
