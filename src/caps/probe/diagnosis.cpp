#include "caps/probe/diagnosis.h"

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

// A cgroup's events are opened on whole CPUs, too.
bool wants_cpus(const Wanted& wanted) {
  return wanted.per_cpu == Want::yes || wanted.cgroups == Want::yes;
}

Trial wanted_trial(const Wanted& wanted) {
  return wants_cpus(wanted) ? Trial::kernel_cpu : Trial::kernel_self;
}

bool fails(const Finding& finding) {
  return finding.severity == Severity::fail;
}

// What a filter keeps from showing: the next refusal, once the filter lets the call through.
// Without the sysctl there is no perf to be refused by.
void add_foreseen_causes(Case& c) {
  if (c.facts.has_paranoid_sysctl == false || c.facts.emulated == true) {
    return;
  }
  if (c.facts.perf_event_paranoid.value_or(1) > 0 && has_valid_capability(c) != true) {
    add_capability_causes(c, Severity::warn);
  }
  add_foreseen_gate(c);
}

bool is_out_of_descriptors(const Case& c) {
  return c.trials[Trial::user_self].failed_with(EMFILE) ||
         c.trials[Trial::user_self].failed_with(ENFILE);
}

void add_descriptor_causes(Case& c) {
  std::string seen = tell(c, {Trial::user_self});
  if (c.facts.descriptors) {
    seen += ", RLIMIT_NOFILE " + std::to_string(c.facts.descriptors->soft);
  }
  add(c, "descriptors_exhausted", Severity::fail, std::move(seen));
}

// Without a descriptor no capability can be raised (that reads /proc), so that a refusal then says
// nothing where one is held.
void add_refusal_causes(Case& c) {
  const bool is_narrower =
      denied(c, Trial::kernel_self) || (wants_cpus(c.wanted) && denied(c, Trial::user_cpu));
  if (add_filter_by_argument(c)) {
    if (c.trials[Trial::user_self].failed_with(EACCES)) {
      add_gate_causes(c);
    } else {
      add_foreseen_causes(c);
    }
  } else if (is_out_of_descriptors(c)) {
    add_descriptor_causes(c);
    if (is_narrower && has_valid_capability(c) != true) {
      add_privilege_causes(c);
    }
  } else if (denied(c, Trial::user_self)) {
    add_gate_causes(c);
  } else if (is_narrower) {
    add_privilege_causes(c);
  }
  add_use_causes(c);
}

// The trial that stands for what is wanted did not open, and no cause was found.
void add_unexplained(Case& c) {
  const bool is_offline = wants_cpus(c.wanted) && c.trials[Trial::kernel_cpu].failed_with(ENODEV);
  const std::string seen = tell(c, {Trial::undefined_flag, Trial::user_self, Trial::kernel_self,
                                    Trial::user_cpu, Trial::kernel_cpu});
  if (is_offline) {
    add(c, "cpu_offline", Severity::unknown,
        "CPU " + std::to_string(to_int(c.trials.cpu)) + ": " + seen);
  } else {
    add(c, "unexplained_refusal", Severity::fail,
        seen + "; " + tell_level(c) + ", " + tell_sets(c));
  }
}

void add_wanted_cgroup_causes(Case& c) {
  if (c.wanted.cgroups == Want::yes) {
    add_cgroup_causes(c);
  }
}

int rank(const Finding& finding) {
  switch (finding.severity) {
    case Severity::fail:
      return 0;
    case Severity::unknown:
      return 1;
    case Severity::warn:
      return 2;
    case Severity::ok:
      return 3;
  }
  return 3;
}

}  // namespace

std::vector<Finding> diagnose(const HostFacts& facts, const Trials& trials, const Wanted& wanted) {
  if (wanted.hardware_events == Want::no && wanted.software_events == Want::no) {
    return {};
  }
  Case c = {facts, trials, wanted, {}};
  if (is_unanswered(c)) {
    add_silence(c);
    return c.findings;
  }
  if (!reached_perf(c)) {
    add_reach_causes(c);
    add_foreseen_causes(c);
  } else if (trials[wanted_trial(wanted)].opened()) {
    add_use_causes(c);
    add_wanted_cgroup_causes(c);
    if (std::none_of(c.findings.begin(), c.findings.end(), fails)) {
      add(c, "permitted", Severity::ok, tell(c, {wanted_trial(wanted)}) + ", " + tell_level(c));
    }
  } else {
    add_refusal_causes(c);
    if (std::none_of(c.findings.begin(), c.findings.end(), fails)) {
      add_unexplained(c);
    }
    add_wanted_cgroup_causes(c);
  }
  if (wanted.hardware_events == Want::yes) {
    add_pmu_causes(c);
  }
  add_side_call_causes(c);
  arrange(c.findings);
  return c.findings;
}

void arrange(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
  const auto troubles = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity != Severity::ok;
  });
  for (Finding& finding : findings) {
    finding.evidence = printable(finding.evidence);
    if (finding.effect != FixEffect::at_once) {
      finding.outlook.clear();
    } else if (troubles == 1) {
      finding.outlook = "A running exporter then counts within 30 seconds.";
    } else {
      finding.outlook =
          "It holds for a running exporter at once; whether that then counts depends on the other "
          "findings, too.";
    }
  }
}

bool refuses_anything(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), fails);
}

}  // namespace perf_exporter
