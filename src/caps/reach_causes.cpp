#include <cerrno>

#include "caps/causes.h"

namespace perf_exporter {
namespace {

constexpr std::int64_t kSeccompFilter = 2;

std::string tell_seccomp(const Case& c) {
  const auto& mode = c.facts.seccomp_mode;
  return "Seccomp " + (mode ? std::to_string(*mode) : "unknown");
}

bool bounding_set_grants(const Case& c) {
  const auto& sets = c.facts.capabilities;
  return sets && (sets->bounding & bit(Capability::perfmon)) != 0;
}

// The runtimes' profiles read the bounding set that the container is given, whatever its user.
void add_seccomp(Case& c, std::string evidence) {
  add(c, bounding_set_grants(c) ? "seccomp_refuses/granted" : "seccomp_refuses", Severity::fail,
      std::move(evidence));
}

}  // namespace

void add_reach_causes(Case& c) {
  const TrialResult& reach = c.trials[Trial::undefined_flag];
  if (reach.outcome == TrialResult::Outcome::not_run) {
    add(c, "trials_not_run", Severity::unknown, "r0 not run: no child process could be made");
    return;
  }
  const std::string seen = tell(c, {Trial::undefined_flag, Trial::user_self}) +
                           " (perf answers EINVAL to r0); " + tell_seccomp(c);
  if (reach.outcome == TrialResult::Outcome::killed) {
    add_seccomp(c, seen);
    return;
  }
  const std::size_t before = c.findings.size();
  const bool may_filter = c.facts.seccomp_mode.value_or(kSeccompFilter) == kSeccompFilter;
  if (reach.number == ENOSYS && c.facts.has_paranoid_sysctl == false) {
    add(c, "kernel_without_perf", Severity::fail, seen + "; " + tell_level(c));
  }
  if (reach.number == ENODEV && c.facts.seccomp_mode != kSeccompFilter) {
    add(c, "emulated_kernel", Severity::fail, seen);
  }
  const bool is_explained = c.findings.size() > before;
  if (may_filter && is_explained) {
    add_seccomp(c, seen + "; possible as well: a filter can return any errno");
  } else if (may_filter) {
    add_seccomp(c, seen + "; " + tell_sets(c));
  } else if (!is_explained) {
    add(c, "refused_before_perf", Severity::fail, seen);
  }
}

}  // namespace perf_exporter
