#include "caps/probe/need.h"

#include "base/text.h"

namespace perf_exporter {
namespace {

// Documentation/admin-guide/sysctl/kernel.rst, and the distributions' patch.
constexpr std::int64_t kCpuNeedsCapability = 1;
constexpr std::int64_t kKernelModeNeedsCapability = 2;
constexpr std::int64_t kDistributionGate = 3;

bool wants_cpus(const Wanted& wanted) {
  return wanted.per_cpu == Want::yes || wanted.cgroups == Want::yes;
}

void add_capability(Need& need, const HostFacts& facts, const Wanted& wanted) {
  const std::int64_t from = wants_cpus(wanted) ? kCpuNeedsCapability : kKernelModeNeedsCapability;
  const auto& level = facts.perf_event_paranoid;
  const std::string told =
      "perf_event_paranoid is " + (level ? std::to_string(*level) : std::string("unknown"));
  if (level.value_or(from) < from) {
    need.capability_reason = told + ", which lets everybody count; from " + std::to_string(from) +
                             " on it takes PERFMON";
    return;
  }
  const bool knows_perfmon = facts.cap_last_cap.value_or(static_cast<int>(Capability::perfmon)) >=
                             static_cast<int>(Capability::perfmon);
  need.capabilities = {knows_perfmon ? "PERFMON" : "SYS_ADMIN"};
  need.capability_reason =
      told + (knows_perfmon ? "" : ", and this kernel is older than 5.8, which brought PERFMON");
}

bool holds_sys_admin(const HostFacts& facts) {
  const auto& sets = facts.capabilities;
  return sets && ((sets->effective | sets->permitted) & bit(Capability::sys_admin)) != 0;
}

// Empty where the level does not close the gate, or no gate is there.
std::string gate_reason(const HostFacts& facts, const Trials& trials) {
  if (facts.perf_event_paranoid.value_or(0) < kDistributionGate) {
    return "";
  }
  const std::string level = std::to_string(*facts.perf_event_paranoid);
  if (trials[Trial::user_self].failed_with(EACCES)) {
    return "at " + level + " this kernel refuses every open without CAP_SYS_ADMIN (r2 EACCES)";
  }
  const bool tells = trials[Trial::user_self].opened() && !holds_sys_admin(facts);
  if (tells || facts.kernel_vendor == KernelVendor::other) {
    return "";
  }
  const bool was_tried = trials[Trial::user_self].outcome != TrialResult::Outcome::not_run;
  return "at " + level + " kernels of " +
         std::string(to_text(facts.kernel_vendor.value_or(KernelVendor::other))) +
         " take CAP_SYS_ADMIN alone; " +
         (was_tried ? "with that capability it can't be tried out" : "it could not be tried out");
}

void add_sysctls(Need& need, const HostFacts& facts, const Trials& trials) {
  if (const std::string reason = gate_reason(facts, trials); !reason.empty()) {
    need.sysctls.push_back({"kernel.perf_event_paranoid", 2, reason});
  }
}

void add_selinux_rules(Need& need, const HostFacts& facts) {
  if (!facts.lsm_label || !is_selinux_label(*facts.lsm_label) || facts.selinux_enforcing == false) {
    return;
  }
  const std::string type = printable(selinux_type(*facts.lsm_label));
  need.selinux_rules = {"(allow " + type + " self (perf_event (open cpu kernel read write)))",
                        "(allow " + type + " self (capability2 (perfmon)))"};
}

std::string pod_of(const Need& need, const Wanted& wanted) {
  const bool as_root = !need.capabilities.empty() && need.capabilities.front() == "SYS_ADMIN";
  const std::string uid = as_root ? "0" : "65534";
  const std::string label =
      need.capabilities.empty()
          ? ""
          : "# in a namespace labelled pod-security.kubernetes.io/enforce: privileged\n";
  std::string yaml = label +
                     "spec:\n"
                     "  hostUsers: true\n";
  if (wanted.cgroups == Want::yes) {
    yaml += "  volumes: [{name: cgroup, hostPath: {path: /sys/fs/cgroup}}]\n";
  }
  yaml +=
      "  containers:\n"
      "    - name: perf-exporter\n";
  if (wanted.cgroups == Want::yes) {
    yaml +=
        "      args: [--path.cgroupfs=/host/cgroup]\n"
        "      volumeMounts: [{name: cgroup, mountPath: /host/cgroup, readOnly: true}]\n";
  }
  yaml +=
      "      securityContext:\n"
      "        runAsUser: " +
      uid +
      "\n"
      "        runAsGroup: " +
      uid + "\n" + (as_root ? "" : "        runAsNonRoot: true\n") +
      "        allowPrivilegeEscalation: false\n"
      "        readOnlyRootFilesystem: true\n"
      "        seccompProfile: {type: RuntimeDefault}\n"
      "        capabilities: {drop: [ALL]";
  if (!need.capabilities.empty()) {
    yaml += ", add: [" + need.capabilities.front() + "]";
  }
  yaml += "}\n";
  if (!need.selinux_rules.empty()) {
    yaml += "        seLinuxOptions: {type: spc_t}\n";
  }
  return yaml;
}

}  // namespace

Need need_of(const HostFacts& facts, const Trials& trials, const Wanted& wanted) {
  Need need;
  if (facts.has_paranoid_sysctl == false || facts.emulated == true) {
    need.unavailable = "this kernel has no perf events";
    return need;
  }
  add_capability(need, facts, wanted);
  add_sysctls(need, facts, trials);
  add_selinux_rules(need, facts);
  need.system_calls = {"perf_event_open"};
  if (wanted.hardware_events == Want::yes && facts.core_pmus && facts.core_pmus->empty()) {
    need.unavailable = "no PMU here: hardware events stay absent whatever is granted";
  }
  need.pod = pod_of(need, wanted);
  return need;
}

}  // namespace perf_exporter
