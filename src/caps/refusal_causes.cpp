#include "caps/causes.h"

namespace perf_exporter {
namespace {

// From these levels on the mainline kernel asks for a capability (kernel.perf_event_paranoid in
// Documentation/admin-guide/sysctl/kernel.rst), and above the last one the distributions' patch
// refuses everything. An unknown level may ask for it.
constexpr std::int64_t kCpuNeedsCapability = 1;
constexpr std::int64_t kKernelModeNeedsCapability = 2;
constexpr std::int64_t kDistributionGate = 3;

bool level_may_be(const Case& c, std::int64_t at_least) {
  return c.facts.perf_event_paranoid.value_or(at_least) >= at_least;
}

void add_gate(Case& c, const std::string& remark) {
  const bool is_ubuntu_style = denied(c, Trial::null_attributes);
  const char* style = is_ubuntu_style ? " (before the attributes are read, as Ubuntu's patch does)"
                                      : " (after the attributes are read, as Debian's patch does)";
  add(c, is_ubuntu_style ? "distribution_gate/ubuntu" : "distribution_gate/debian", Severity::fail,
      tell(c, {Trial::null_attributes, Trial::user_self}) + style + ", " + tell_level(c) +
          ", kernel '" + c.facts.kernel_version.value_or("unknown") + "'; " + remark);
}

// Which of the refusals a capability would have prevented, and what a security module alone did.
struct Refusals {
  bool kernel = false;  // r3
  bool cpu = false;     // r4
};

// A capability is held in the initial user namespace, and yet what it allows was refused.
void add_veto_causes(Case& c, const Refusals& refused) {
  const std::string seen =
      tell(c, {Trial::user_self, Trial::kernel_self, Trial::user_cpu, Trial::kernel_cpu}) + "; " +
      tell_level(c) + ", " + tell_sets(c) + ", " + tell_label(c);
  if (capability_is_masked(c)) {
    add(c, "apparmor_denies_capability", Severity::fail,
        seen + "; capget(2) hides the capability that /proc/self/status shows");
    return;
  }
  const bool needed_for_kernel =
      c.facts.perf_event_paranoid.value_or(0) >= kKernelModeNeedsCapability;
  if (refused.kernel && refused.cpu) {
    add(c, "lsm_denies_capability", Severity::fail,
        seen + "; both perf_event:kernel and perf_event:cpu being refused would look the same");
  } else if (refused.kernel) {
    add(c, "lsm_denies_kernel", Severity::fail, seen);
  } else if (needed_for_kernel) {
    add(c, "lsm_denies_cpu", Severity::fail, seen);
  } else {
    // r3 asks for no capability at this level, so that its success rules neither out.
    add(c, "lsm_denies_cpu", Severity::fail, seen + "; lsm_denies_capability would look the same");
    add(c, "lsm_denies_capability", Severity::fail, seen + "; lsm_denies_cpu would look the same");
  }
}

// What was refused although its paranoid level asks for no capability, which a module alone does.
void add_refusals_beyond_the_level(Case& c, const Refusals& refused) {
  const std::string seen = tell(c, {Trial::user_self, Trial::kernel_self, Trial::user_cpu}) + "; " +
                           tell_level(c) + " allows it to everybody; " + tell_label(c);
  if (refused.kernel) {
    add(c, "lsm_denies_kernel", Severity::fail, seen);
  }
  if (refused.cpu) {
    add(c, "lsm_denies_cpu", Severity::fail, seen);
  }
}

}  // namespace

void add_gate_causes(Case& c) {
  const std::string seen = tell(c, {Trial::null_attributes, Trial::user_self, Trial::kernel_self}) +
                           "; " + tell_level(c) + ", " + tell_label(c);
  if (!level_may_be(c, kDistributionGate) || has_valid_sys_admin(c) == true) {
    add(c, "lsm_denies_open", Severity::fail,
        seen + "; no paranoid level refuses an own task in user mode here");
    return;
  }
  if (has_valid_capability(c) == true && !capability_is_masked(c)) {
    add_gate(c, "CAP_PERFMON is effective and is not enough");
  } else {
    add_capability_causes(c, Severity::fail);
    add_gate(c, "CAP_PERFMON may be enough once it is held, or CAP_SYS_ADMIN be asked for");
  }
  if (selinux_may_deny(c) || !c.facts.perf_event_paranoid) {
    add(c, "lsm_denies_open", Severity::unknown, seen + "; possible as well: it looks the same");
  }
}

void add_privilege_causes(Case& c) {
  const Refusals all = {denied(c, Trial::kernel_self), denied(c, Trial::user_cpu)};
  const Refusals beyond = {all.kernel && !level_may_be(c, kKernelModeNeedsCapability),
                           all.cpu && !level_may_be(c, kCpuNeedsCapability)};
  add_refusals_beyond_the_level(c, beyond);
  const Refusals rest = {all.kernel && !beyond.kernel, all.cpu && !beyond.cpu};
  if (!rest.kernel && !rest.cpu) {
    return;
  }
  if (has_valid_capability(c) == true) {
    add_veto_causes(c, rest);
    return;
  }
  add_capability_causes(c, Severity::fail);
  if (has_valid_capability(c) == false) {
    add(c, "paranoid_restricts", Severity::warn,
        tell(c, {Trial::kernel_self, Trial::user_cpu}) + "; " + tell_level(c));
  }
}

}  // namespace perf_exporter
