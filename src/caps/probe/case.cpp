#include <cerrno>
#include <utility>

#include "caps/advice/finding_text.h"
#include "caps/advice/unit_text.h"
#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

// Both must hold: false as soon as one is known not to, unknown where one could still fail.
std::optional<bool> both(std::optional<bool> left, std::optional<bool> right) {
  if (left == false || right == false) {
    return false;
  }
  return left && right ? std::optional(true) : std::nullopt;
}

// Whether a runtime makes it from an image, with a seccomp profile of its own.
bool has_an_image(Place place) {
  switch (place) {
    case Place::kubernetes:
    case Place::docker:
    case Place::podman:
    case Place::containerd:
      return true;
    case Place::systemd:
    case Place::nspawn:
    case Place::lxc:
    case Place::incus:
    case Place::proxmox:
    case Place::host:
      break;
  }
  return false;
}

}  // namespace

void add(Case& c, std::string_view key, Severity severity, std::string evidence) {
  c.findings.push_back(make_finding(key, severity, std::move(evidence), c.facts));
}

// To no attributes perf answers EFAULT, or EACCES where a gate or a module stands before their
// copy: a filter that answers EINVAL to everything gives itself away there.
bool reached_perf(const Case& c) {
  const TrialResult& second = c.trials[Trial::null_attributes];
  const bool may_be_perfs = second.outcome != TrialResult::Outcome::refused ||
                            second.number == EFAULT || second.number == EACCES;
  return (c.trials[Trial::undefined_flag].failed_with(EINVAL) && may_be_perfs) ||
         c.trials[Trial::user_self].opened() || c.trials[Trial::kernel_cpu].opened();
}

bool is_in_a_container(const Case& c) {
  return !is_in_a_unit(c.facts) && has_an_image(c.facts.place.value_or(Place::host));
}

bool denied(const Case& c, Trial trial) {
  return c.trials[trial].failed_with(EACCES) || c.trials[trial].failed_with(EPERM);
}

// RaisingKernel raises it where it is permitted and CAP_PERFMON was not enough.
std::optional<bool> has_sys_admin(const Case& c) {
  const auto& sets = c.facts.capabilities;
  if (!sets) {
    return std::nullopt;
  }
  return ((sets->effective | sets->permitted) & bit(Capability::sys_admin)) != 0;
}

std::optional<bool> has_capability(const Case& c) {
  const auto& sets = c.facts.capabilities;
  if (!sets) {
    return std::nullopt;
  }
  return *has_sys_admin(c) || (sets->effective & bit(Capability::perfmon)) != 0;
}

std::optional<bool> has_valid_sys_admin(const Case& c) {
  return both(has_sys_admin(c), c.facts.initial_user_namespace);
}

std::optional<bool> has_valid_capability(const Case& c) {
  return both(has_capability(c), c.facts.initial_user_namespace);
}

// Behind a distribution's gate CAP_SYS_ADMIN is the one that would do.
bool capability_is_masked(const Case& c) {
  const auto& held = c.facts.capabilities;
  const auto& shown = c.facts.capget;
  if (!held || !shown) {
    return false;
  }
  const bool has_perfmon = (held->permitted & bit(Capability::perfmon)) != 0;
  const auto wanted = bit(has_perfmon ? Capability::perfmon : Capability::sys_admin);
  return (held->permitted & ~shown->permitted & wanted) != 0;
}

bool selinux_may_deny(const Case& c) {
  return c.facts.lsm_label && is_selinux_label(*c.facts.lsm_label) &&
         c.facts.selinux_enforcing != false;
}

std::string tell(const Case& c, std::initializer_list<Trial> trials) {
  std::string text;
  for (const Trial trial : trials) {
    text += (text.empty() ? "" : ", ") + trial_id(trial) + " " + to_text(c.trials[trial]);
  }
  return text;
}

std::string tell_level(const Case& c) {
  if (c.facts.has_paranoid_sysctl == false) {
    return "no perf_event_paranoid";
  }
  const auto& level = c.facts.perf_event_paranoid;
  return "perf_event_paranoid " + (level ? std::to_string(*level) : "unknown");
}

std::string tell_label(const Case& c) {
  const auto& label = c.facts.lsm_label;
  if (label && is_selinux_label(*label) && selinux_type(*label) == "spc_t") {
    return "label " + *label + " (a policy may lack rules for perf even for this type)";
  }
  return "label " + label.value_or("unknown");
}

std::string tell_sets(const Case& c) {
  const auto& sets = c.facts.capabilities;
  if (!sets) {
    return "capability sets unknown";
  }
  const auto tell_set = [](const char* name, std::uint64_t mask) {
    const bool has = (mask & bit(Capability::perfmon)) != 0;
    return std::string(name) + " " + format_mask(mask) + (has ? " (with" : " (without") +
           " CAP_PERFMON)";
  };
  return tell_set("CapEff", sets->effective) + ", " + tell_set("CapPrm", sets->permitted) + ", " +
         tell_set("CapBnd", sets->bounding);
}

}  // namespace perf_exporter
