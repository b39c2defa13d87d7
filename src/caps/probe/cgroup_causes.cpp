#include <cerrno>
#include <cstring>

#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

std::string tell_cgroups(const Case& c) {
  const CgroupFacts& facts = c.facts.cgroups;
  std::string text = "cgroup mode ";
  text += facts.mode ? to_text(*facts.mode) : "unknown";
  text += ", perf_event in /proc/cgroups: ";
  text += facts.perf_hierarchy ? to_text(*facts.perf_hierarchy) : "unknown";
  return text;
}

std::string tell_trial(const Case& c) {
  return tell(c, {Trial::kernel_cpu, Trial::kernel_cgroup}) + " on " + c.trials.cgroup + "; " +
         tell_cgroups(c);
}

// ENOENT: the cgroup has no perf state (kernel/events/core.c, perf_cgroup_connect).
std::string_view key_without_state(const Case& c) {
  const CgroupFacts& facts = c.facts.cgroups;
  if (facts.perf_hierarchy == PerfHierarchy::none) {
    return "cgroup_kernel_lacks_perf";
  }
  if (c.trials.cgroup_removed) {
    return "cgroup_removed";
  }
  if (facts.perf_hierarchy == PerfHierarchy::v1) {
    return "cgroup_other_hierarchy";
  }
  return facts.root_delegates == false ? "cgroup_root_never_delegated" : "unexplained_refusal";
}

std::string_view key_of(const Case& c) {
  switch (c.trials[Trial::kernel_cgroup].number) {
    case ENOENT:
      return key_without_state(c);
    case EBADF:
      return "cgroup_wrong_path";
    case EINVAL:  // what the call answers without CONFIG_CGROUP_PERF
      return "cgroup_kernel_lacks_perf";
    default:
      return "unexplained_refusal";
  }
}

}  // namespace

void add_cgroup_causes(Case& c) {
  const Trials& trials = c.trials;
  if (c.facts.cgroups.perf_hierarchy == PerfHierarchy::disabled) {
    add(c, "cgroup_perf_disabled", Severity::fail, tell_trial(c));  // even if the root opens
  } else if (trials.cgroup.empty()) {
    add(c, "cgroup_not_mounted", Severity::fail, tell_cgroups(c));
  } else if (trials.cgroup_open_error != 0) {
    const bool is_gone = trials.cgroup_open_error == ENOENT;
    add(c, is_gone ? "cgroup_removed" : "cgroup_unreadable",
        is_gone ? Severity::unknown : Severity::fail,
        "open of " + trials.cgroup + ": " + std::strerror(trials.cgroup_open_error));
  } else if (trials[Trial::kernel_cpu].opened() &&
             trials[Trial::kernel_cgroup].outcome == TrialResult::Outcome::refused) {
    const std::string_view key = key_of(c);
    add(c, key, key == "cgroup_removed" ? Severity::unknown : Severity::fail, tell_trial(c));
  } else if (trials[Trial::kernel_cgroup].opened() && c.facts.cgroups.trial_is_root &&
             c.facts.cgroups.root_delegates == false && c.facts.cgroups.shows_all != false) {
    add(c, "cgroup_root_never_delegated", Severity::unknown,
        tell_trial(c) + "; the root alone could be tried, which opens in any case");
  }
  if (c.facts.cgroups.shows_all == false) {
    add(c, "cgroup_view_partial", Severity::warn,
        "the mounted hierarchy's root is not its root; " + tell_cgroups(c));
  }
}

}  // namespace perf_exporter
