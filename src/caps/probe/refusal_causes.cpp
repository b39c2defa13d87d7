#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

// From these levels on the mainline kernel asks for a capability (kernel.perf_event_paranoid in
// Documentation/admin-guide/sysctl/kernel.rst), and above the last one the distributions' patch
// refuses everything. An unknown level may ask for it.
constexpr std::int64_t kCpuNeedsCapability = 1;
constexpr std::int64_t kKernelModeNeedsCapability = 2;
constexpr std::int64_t kDistributionGate = 3;
constexpr std::int64_t kUbuntusGate = 4;

bool level_may_be(const Case& c, std::int64_t at_least) {
  return c.facts.perf_event_paranoid.value_or(at_least) >= at_least;
}

bool has_capability_that_counts(const Case& c) {
  return has_valid_capability(c) == true && !capability_is_masked(c);
}

// Whose patch it is: the kernel's vendor's, and where that is somebody else, the one whose place
// among the checks it has. Debian's stood before the copy of the attributes once, as Ubuntu's does.
bool is_ubuntus(const Case& c) {
  const KernelVendor vendor = c.facts.kernel_vendor.value_or(KernelVendor::other);
  return vendor == KernelVendor::other ? denied(c, Trial::null_attributes)
                                       : vendor == KernelVendor::ubuntu;
}

// What the gate would say to CAP_PERFMON, or has said.
std::string remark_on_perfmon(const Case& c) {
  if (c.facts.initial_user_namespace == false) {
    return "no capability counts in this user namespace";
  }
  const char* takers =
      is_ubuntus(c) ? "newer kernels of Ubuntu take it" : "no kernel of Debian's so far takes it";
  if (has_capability_that_counts(c)) {
    return "CAP_PERFMON is effective and is not enough";
  }
  return std::string(has_capability(c) == false ? "CAP_PERFMON is not held; "
                                                : "CAP_PERFMON is not known to count here; ") +
         takers;
}

std::string_view key_of_gate(const Case& c) {
  return !is_ubuntus(c)                  ? "debian_gate"
         : has_capability_that_counts(c) ? "ubuntu_gate"
                                         : "ubuntu_gate/not_held";
}

std::string tell_kernel(const Case& c) {
  return tell_level(c) + ", kernel '" + c.facts.kernel_version.value_or("unknown") + "'";
}

void add_gate(Case& c) {
  const char* order = denied(c, Trial::null_attributes) ? " (before the attributes are read)"
                                                        : " (after the attributes are read)";
  add(c, key_of_gate(c), Severity::fail,
      tell(c, {Trial::null_attributes, Trial::user_self}) + order + ", " + tell_kernel(c) + "; " +
          remark_on_perfmon(c));
}

// Not even CAP_SYS_ADMIN opens: a patch stricter than the distributions', or a security module. The
// label tells which is the likelier.
void add_gate_of_root(Case& c, const std::string& seen) {
  const std::string held = "; CAP_SYS_ADMIN is held, " + tell_sets(c);
  const bool selinux = selinux_may_deny(c);
  const Severity gate = selinux ? Severity::unknown : Severity::fail;
  if (selinux) {
    add(c, "lsm_denies_open", Severity::fail, seen + held + "; hardened_gate would look the same");
  }
  add(c, "hardened_gate", gate,
      seen + held + ", kernel '" + c.facts.kernel_version.value_or("unknown") + "'" +
          "; lsm_denies_open would look the same");
  if (!selinux && !c.facts.perf_event_paranoid) {
    add(c, "lsm_denies_open", Severity::unknown, seen + held + "; hardened_gate looks the same");
  }
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

// The levels of the patches, where the kernel tells by its name that it has one. Of others nothing
// is known: the mainline takes 3 and 4 for 2.
bool has_closed_gate(const Case& c) {
  const std::int64_t level = c.facts.perf_event_paranoid.value_or(0);
  switch (c.facts.kernel_vendor.value_or(KernelVendor::other)) {
    case KernelVendor::debian:
      return level >= kDistributionGate;
    case KernelVendor::ubuntu:
      return level >= kUbuntusGate;
    case KernelVendor::other:
      break;
  }
  return false;
}

}  // namespace

void add_foreseen_gate(Case& c) {
  const bool passes = has_valid_sys_admin(c) == true && !capability_is_masked(c);
  if (!has_closed_gate(c) || passes || c.trials[Trial::user_self].opened()) {
    return;
  }
  add(c, key_of_gate(c), Severity::warn,
      tell(c, {Trial::user_self}) + ": no call has come as far as this gate; " + tell_kernel(c) +
          "; " + remark_on_perfmon(c));
}

void add_gate_causes(Case& c) {
  const std::string seen = tell(c, {Trial::null_attributes, Trial::user_self, Trial::kernel_self}) +
                           "; " + tell_level(c) + ", " + tell_label(c);
  if (!level_may_be(c, kDistributionGate)) {
    add(c, "lsm_denies_open", Severity::fail,
        seen + "; no paranoid level refuses an own task in user mode here");
    return;
  }
  if (has_valid_sys_admin(c) == true && !capability_is_masked(c)) {
    add_gate_of_root(c, seen);
    return;
  }
  if (!has_capability_that_counts(c)) {
    add_capability_causes(c, Severity::fail);
  }
  add_gate(c);
  if (selinux_may_deny(c) || !c.facts.perf_event_paranoid) {
    add(c, "lsm_denies_open", Severity::unknown, seen + "; possible as well: it looks the same");
  }
}

// r2 was let through, so that r9 and r10 were tried.
void add_use_causes(Case& c) {
  const std::string seen =
      tell(c, {Trial::user_self, Trial::read_self, Trial::control_self}) + "; " + tell_label(c);
  if (denied(c, Trial::read_self)) {
    add(c, "lsm_denies_read", Severity::fail, seen);
  }
  if (denied(c, Trial::control_self)) {
    add(c, "lsm_denies_write", Severity::fail, seen);
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
