#include "caps/witness/capability_check.h"

#include <algorithm>
#include <string_view>

namespace perf_exporter {
namespace {

constexpr int kSysAdmin = static_cast<int>(Capability::sys_admin);
constexpr int kPerfmon = static_cast<int>(Capability::perfmon);
constexpr std::string_view kOtherModule = "another module";

bool is_module(const TraceStep& step) {
  return step.function == "cap_capable" || step.function == "apparmor_capable" ||
         step.function == "selinux_capable";
}

// A function that has called the check hands its refusal on: it is the same one.
std::size_t end_of_checks(const TracedCall& call) {
  std::size_t end = call.steps.size();
  while (end > 0 && !is_part_of_check(call.steps[end - 1]) &&
         call.steps[end - 1].error() == call.error()) {
    --end;
  }
  return end;
}

// By the answers, else by who was asked last.
std::string refuser(const std::vector<const TraceStep*>& steps) {
  std::string last;
  bool refused = false;
  for (const TraceStep* step : steps) {
    if (is_module(*step)) {
      last = step->function;
      if (step->refused()) {
        return last;
      }
    }
    refused = refused || step->refused();
  }
  const bool has_answers =
      std::any_of(steps.begin(), steps.end(), [](const auto* step) { return step->answer; });
  return has_answers && refused ? std::string(kOtherModule) : last;
}

bool is_granted(const std::vector<const TraceStep*>& steps) {
  const bool has_answers =
      std::any_of(steps.begin(), steps.end(), [](const auto* step) { return step->answer; });
  return has_answers &&
         std::none_of(steps.begin(), steps.end(), [](const auto* step) { return step->refused(); });
}

// Whether the caller had it; nullopt where neither the record nor the context tells.
std::optional<bool> was_held(const CapabilityCheck& check, const TraceContext& context) {
  auto effective = context.effective;
  if (context.effective_place) {
    if (const auto recorded = effective_set(*check.asked, *context.effective_place)) {
      effective = recorded;
    }
  }
  constexpr int kBits = 64;
  if (!effective || check.capability < 0 || check.capability >= kBits) {
    return std::nullopt;
  }
  return ((*effective >> check.capability) & 1) != 0;
}

std::string name_of(const CapabilityCheck& check) {
  return std::string(capability_name(static_cast<Capability>(check.capability)));
}

// "cap_capable refused CAP_PERFMON and CAP_SYS_ADMIN"
std::string tell(const std::vector<CapabilityCheck>& checks) {
  std::string text = checks.front().refused_by + " refused ";
  std::string_view separator;
  for (const CapabilityCheck& check : checks) {
    text.append(separator).append(name_of(check));
    separator = " and ";
  }
  return text;
}

std::string_view tell_purpose(const TracedCall& call) {
  const TraceStep* allocated = call.last("perf_event_alloc");
  if (allocated != nullptr && allocated->refused()) {
    return ", asked for by the event itself";
  }
  return allocated != nullptr || call.last("get_unused_fd_flags") != nullptr
             ? ", asked for because a whole CPU is counted (perf_allow_cpu)"
             : ", asked for because kernel mode is counted (perf_allow_kernel)";
}

// Who vetoes what the caller holds; nothing where the refusal is cap_capable's.
std::optional<TraceCause> judge_veto(const CapabilityCheck& check) {
  const std::string seen =
      check.refused_by + " refused " + name_of(check) + " after cap_capable had granted it";
  if (check.refused_by == "apparmor_capable") {
    return TraceCause{"apparmor_denies_capability", seen};
  }
  if (check.refused_by == "selinux_capable") {
    return TraceCause{"lsm_denies_capability", seen};
  }
  if (check.refused_by == kOtherModule) {
    return TraceCause{"lsm_denies_capability", "a module that is not watched refused " +
                                                   name_of(check) +
                                                   " after the watched ones had granted it"};
  }
  return std::nullopt;
}

std::optional<TraceCause> judge_namespace(const std::vector<CapabilityCheck>& checks,
                                          const TraceContext& context) {
  for (const CapabilityCheck& check : checks) {
    if (was_held(check, context) == true) {
      return TraceCause{"user_namespace",
                        "cap_capable refused " + name_of(check) +
                            " although it is in the caller's effective set, which it does only to "
                            "a caller from another user namespace than the initial one"};
    }
  }
  return std::nullopt;
}

TraceCause gate_cause(const TracedCall& call, const std::vector<CapabilityCheck>& checks,
                      const TraceScope& scope) {
  const bool is_before_copy =
      scope.functions.contains("perf_copy_attr") && call.last("perf_copy_attr") == nullptr;
  const bool takes_perfmon = checks.front().capability == kPerfmon;
  return {is_before_copy ? "ubuntu_gate" : "debian_gate",
          tell(checks) +
              " before security_perf_event_open was asked, where the mainline kernel "
              "checks nothing; " +
              (is_before_copy ? "the attributes had not been read, as in Ubuntu's patch"
                              : "the attributes had been read, as in Debian's patch") +
              (takes_perfmon ? "" : "; CAP_SYS_ADMIN was asked for first and alone")};
}

// The mainline rule: the level asks for a capability, and the caller lacks it.
std::vector<TraceCause> level_causes(const TracedCall& call,
                                     const std::vector<CapabilityCheck>& checks,
                                     const TraceContext& context) {
  const std::string seen = tell(checks) + std::string(tell_purpose(call));
  if (was_held(checks.front(), context)) {
    return {{"paranoid_restricts", seen + (checks.size() > 1 ? "; neither is" : "; it is not") +
                                       " in the caller's effective set"}};
  }
  const std::string open = seen + "; what the caller holds is not on record, so that ";
  return {{"paranoid_restricts", open + "user_namespace would look the same",
           TraceCause::Certainty::possible},
          {"user_namespace", open + "paranoid_restricts would look the same",
           TraceCause::Certainty::possible}};
}

}  // namespace

bool is_part_of_check(const TraceStep& step) {
  constexpr std::string_view kParts[] = {"capable",          "ns_capable",      "security_capable",
                                         "apparmor_capable", "selinux_capable", "cap_capable"};
  return std::find(std::begin(kParts), std::end(kParts), step.function) != std::end(kParts);
}

std::vector<CapabilityCheck> final_checks(const TracedCall& call) {
  std::size_t end = end_of_checks(call);
  std::size_t begin = end;
  while (begin > 0 && is_part_of_check(call.steps[begin - 1])) {
    --begin;
  }
  std::vector<std::vector<const TraceStep*>> groups;
  for (std::size_t i = begin; i < end; ++i) {
    const TraceStep& step = call.steps[i];
    if (step.function == "cap_capable") {
      groups.emplace_back();
    }
    if (!groups.empty()) {
      groups.back().push_back(&step);
    }
  }
  std::vector<CapabilityCheck> checks;
  for (const auto& group : groups) {
    if (is_granted(group)) {
      checks.clear();
      continue;
    }
    checks.push_back({group.front(), refuser(group), group.front()->capability.value_or(0)});
  }
  // Where it was not recorded: perf asks for CAP_PERFMON and then for CAP_SYS_ADMIN
  // (perfmon_capable in include/linux/capability.h), a gate that asks once for CAP_SYS_ADMIN.
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!checks[i].asked->capability) {
      checks[i].capability = i + 1 < checks.size() ? kPerfmon : kSysAdmin;
    }
  }
  return checks;
}

bool is_distribution_gate(const TracedCall& call, const std::vector<CapabilityCheck>& checks,
                          const TraceScope& scope) {
  if (scope.functions.contains("security_perf_event_open")) {
    return call.last("security_perf_event_open") == nullptr;
  }
  return checks.front().capability == kSysAdmin && call.last("get_unused_fd_flags") == nullptr;
}

std::vector<TraceCause> judge_checks(const TracedCall& call,
                                     const std::vector<CapabilityCheck>& checks,
                                     const TraceContext& context) {
  std::vector<TraceCause> causes;
  for (const CapabilityCheck& check : checks) {
    if (auto veto = judge_veto(check); veto && causes.empty()) {
      causes.push_back(std::move(*veto));
    }
  }
  if (auto outside = judge_namespace(checks, context); outside && causes.empty()) {
    causes.push_back(std::move(*outside));
  }
  const bool knows_perfmon = context.cap_last_cap.value_or(kPerfmon) >= kPerfmon;
  if (!knows_perfmon && causes.empty()) {
    return {{"kernel_lacks_perfmon", tell(checks) + ", and this kernel has no CAP_PERFMON"}};
  }
  if (is_distribution_gate(call, checks, context.scope)) {
    causes.push_back(gate_cause(call, checks, context.scope));
  } else if (causes.empty()) {
    return level_causes(call, checks, context);
  }
  return causes;
}

}  // namespace perf_exporter
