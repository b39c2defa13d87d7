#include <algorithm>
#include <cerrno>
#include <csignal>

#include "caps/advice/seccomp_profiles.h"
#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

constexpr std::int64_t kSeccompFilter = 2;

std::string tell_seccomp(const Case& c) {
  const auto& mode = c.facts.seccomp_mode;
  return "Seccomp " + (mode ? std::to_string(*mode) : "unknown");
}

bool bounding_set_has(const Case& c, Capability capability) {
  const auto& sets = c.facts.capabilities;
  return sets && (sets->bounding & bit(capability)) != 0;
}

// The runtimes' profiles read the bounding set that the container is given, whatever its user.
std::string_view key_of(const Case& c, const TrialResult& reach) {
  if (reach.outcome == TrialResult::Outcome::killed) {
    return "seccomp_kill";
  }
  const bool perfmon = bounding_set_has(c, Capability::perfmon);
  switch (reach.number) {
    case EPERM:
      return !is_in_a_container(c) ? "seccomp_eperm/no_profile"
             : perfmon             ? "seccomp_eperm/granted"
                                   : "seccomp_eperm";
    case ENOSYS:
      return !is_in_a_container(c)                                    ? "seccomp_enosys"
             : bounding_set_has(c, Capability::sys_admin) && !perfmon ? "seccomp_enosys/sys_admin"
                                                                      : "seccomp_enosys/profile";
    default:
      return "seccomp_errno";
  }
}

// People look for the sysctl first.
std::string acquit_level(const Case& c, std::string_view because) {
  return c.facts.perf_event_paranoid.value_or(0) > 0
             ? "; " + tell_level(c) + " is not the cause: " + std::string(because)
             : "";
}

void add_seccomp(Case& c, std::string evidence) {
  const TrialResult& reach = c.trials[Trial::undefined_flag];
  evidence += acquit_level(c, "no call has come as far") + "; " + tell_sets(c);
  if (c.facts.capabilities) {
    const std::string like = profiles_that_answer(reach, *c.facts.capabilities, c.facts.runtime);
    evidence += like.empty() ? "; no default profile known here answers so"
                             : "; default profiles that answer so: " + like;
  }
  add(c, key_of(c, reach), Severity::fail, std::move(evidence));
}

}  // namespace

bool is_unanswered(const Case& c) {
  return std::any_of(c.trials.results.begin(), c.trials.results.end(), [](const TrialResult& each) {
    return each.outcome == TrialResult::Outcome::unanswered;
  });
}

void add_silence(Case& c) {
  for (std::size_t i = 0; i < kTrialCount; ++i) {
    const auto trial = static_cast<Trial>(i);
    if (c.trials[trial].outcome == TrialResult::Outcome::unanswered) {
      add(c, "kernel_does_not_answer", Severity::fail,
          trial_id(trial) + " (" + std::string(trial_description(trial)) +
              ") has not returned for 5 s; " + tell_seccomp(c));
    }
  }
}

bool add_filter_by_argument(Case& c) {
  const bool is_filtered = c.facts.seccomp_mode.value_or(kSeccompFilter) == kSeccompFilter &&
                           (c.trials[Trial::user_self].failed_with(EPERM) ||
                            c.trials[Trial::kernel_self].failed_with(EPERM) ||
                            c.trials[Trial::user_cpu].failed_with(EPERM) ||
                            c.trials[Trial::kernel_cpu].failed_with(EPERM));
  if (is_filtered) {
    add(c, is_in_a_container(c) ? "seccomp_eperm" : "seccomp_eperm/no_profile", Severity::fail,
        tell(c, {Trial::user_self, Trial::kernel_self, Trial::user_cpu, Trial::kernel_cpu}) +
            "; perf and security modules answer EACCES there, a filter that looks at arguments "
            "EPERM" +
            acquit_level(c, "perf answers EACCES") + "; " + tell_seccomp(c));
  }
  return is_filtered;
}

void add_reach_causes(Case& c) {
  const TrialResult& reach = c.trials[Trial::undefined_flag];
  if (reach.outcome == TrialResult::Outcome::not_run) {
    const std::string& limit = c.trials.task_limit;
    add(c, "trials_not_run", Severity::unknown,
        "r0 not run: " + why_opening_is_unsafe(c.trials) + (limit.empty() ? "" : "; " + limit));
    return;
  }
  const std::string seen = tell(c, {Trial::undefined_flag, Trial::user_self}) +
                           " (perf answers EINVAL to r0); " + tell_seccomp(c);
  if (reach.outcome == TrialResult::Outcome::killed) {
    if (reach.number == SIGSYS) {
      add_seccomp(c, seen);
    } else {
      add(c, "trials_not_run", Severity::unknown, seen + "; a filter would have sent SIGSYS");
    }
    return;
  }
  const std::size_t before = c.findings.size();
  const bool may_filter = c.facts.seccomp_mode.value_or(kSeccompFilter) == kSeccompFilter;
  if (reach.number == ENOSYS && c.facts.has_paranoid_sysctl == false) {
    add(c, "kernel_without_perf", Severity::fail, seen + "; " + tell_level(c));
  }
  const bool is_emulated = c.facts.emulated == true;
  if (is_emulated || (reach.number == ENODEV && c.facts.seccomp_mode != kSeccompFilter)) {
    add(c, "emulated_kernel", Severity::fail,
        seen + (is_emulated ? "; /proc/version is gVisor's" : ""));
  }
  const bool is_explained = c.findings.size() > before;
  if (may_filter && is_explained) {
    add_seccomp(c, seen + "; possible as well: a filter can return any errno");
  } else if (may_filter) {
    add_seccomp(c, seen);
  } else if (!is_explained) {
    add(c, "refused_before_perf", Severity::fail, seen);
  }
}

}  // namespace perf_exporter
