// The parts of diagnose. Each looks at one stage of the kernel's checks and adds the causes that it
// finds there, the one to fix first at the front.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caps/probe/diagnosis.h"

namespace perf_exporter {

// One diagnosis under way.
struct Case {
  const HostFacts& facts;
  const Trials& trials;
  const Wanted& wanted;
  std::vector<Finding> findings;
};

// Appends the finding of a key of finding_texts(), worded for the place of the process.
void add(Case& c, std::string_view key, Severity severity, std::string evidence);

// Whether the calls came as far as perf's own code. A filter may refuse by the arguments: what
// opened has reached perf, whatever r0 says.
bool reached_perf(const Case& c);

// Whether an image and a runtime with a seccomp profile of its own made what the process is in; not
// so for a unit of a systemd inside, which stands between them.
bool is_in_a_container(const Case& c);

// Whether a trial was refused as a permission is: EACCES, or EPERM.
bool denied(const Case& c, Trial trial);

// Whether an open has CAP_SYS_ADMIN; whether it has that or CAP_PERFMON. nullopt: the sets are
// unknown.
std::optional<bool> has_sys_admin(const Case& c);
std::optional<bool> has_capability(const Case& c);

// Whether it also counts for perf, which asks for it in the initial user namespace.
std::optional<bool> has_valid_sys_admin(const Case& c);
std::optional<bool> has_valid_capability(const Case& c);

// Whether capget(2) hides the capability that would do although the thread holds it: AppArmor
// denies it.
bool capability_is_masked(const Case& c);

// Whether the label is SELinux's, and SELinux is not known to be permissive.
bool selinux_may_deny(const Case& c);

// Pieces of evidence: "r2 EACCES, r3 opened"; "perf_event_paranoid 2"; "label docker-default";
// "CapEff 0000000000000000 (without CAP_PERFMON), CapPrm …, CapBnd …". What is unknown says so.
std::string tell(const Case& c, std::initializer_list<Trial> trials);
std::string tell_level(const Case& c);
std::string tell_label(const Case& c);
std::string tell_sets(const Case& c);

// Whether a trial was called and has not returned.
bool is_unanswered(const Case& c);

// The kernel, or what stands in front of it, does not answer.
void add_silence(Case& c);

// The call never reached perf: seccomp, another kernel, none.
void add_reach_causes(Case& c);

// Some calls reached perf and others were answered EPERM, which perf gives to no counting event: a
// filter looks at the arguments. Whether that is so.
bool add_filter_by_argument(Case& c);

// r2 was refused: every open is.
void add_gate_causes(Case& c);

// What stands in front of perf keeps the gate behind it from showing. It is foreseen (warn) where
// the kernel is of a distribution that has one and the level closes it.
void add_foreseen_gate(Case& c);

// r2 was let through and r3, r4 or r5 was refused.
void add_privilege_causes(Case& c);

// Why no capability counts; `severity` tells what a trial showed (fail) from what is foreseen
// (warn). Adds nothing where one is held and counts.
void add_capability_causes(Case& c, Severity severity);

// r2 was let through, but what is to be done with its event is not.
void add_use_causes(Case& c);

// Hardware events that are not there, whatever the permissions.
void add_pmu_causes(Case& c);

// A filter takes calls that the exporter makes beside perf_event_open, or that could not be tried.
void add_side_call_causes(Case& c);

// r8 was refused although r5, the same without a cgroup, was not; or there was none to try.
void add_cgroup_causes(Case& c);

}  // namespace perf_exporter
