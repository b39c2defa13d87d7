#include "caps/witness/witness.h"

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "caps/witness/capability_check.h"

namespace perf_exporter {
namespace {

constexpr std::int64_t kSeccompFilter = 2;

std::string tell_answer(const TraceStep& step) {
  return step.function + (step.asked.empty() ? "" : " (" + step.asked + ")") + " answered " +
         error_name(step.error());
}

// The innermost function that handed out the call's own errno; nullptr where none did.
const TraceStep* first_refusal(const TracedCall& call) {
  const auto found = std::find_if(call.steps.begin(), call.steps.end(), [&](const auto& step) {
    return step.error() == call.error() && !is_syscall_function(step.function);
  });
  return found == call.steps.end() ? nullptr : &*found;
}

// As diagnosis names it. A call without an answer ended with its process.
const char* seccomp_id(int error) {
  switch (error) {
    case 0:
      return "seccomp_kill";
    case EPERM:
      return "seccomp_eperm";
    case ENOSYS:
      return "seccomp_enosys";
    default:
      return "seccomp_errno";
  }
}

TraceCause judge_not_entered(const TracedCall& call, const TraceContext& context) {
  const bool may_filter = context.seccomp_mode.value_or(kSeccompFilter) == kSeccompFilter;
  const std::string seen =
      "the call ended" + (call.error() != 0 ? " with " + error_name(call.error()) : std::string()) +
      " and the kernel's perf_event_open was never entered";
  return {may_filter ? seccomp_id(call.error()) : "refused_before_perf",
          seen + (may_filter ? ", as a seccomp filter does it" : "")};
}

// SELinux and BPF programs are asked by this hook; which question says what is denied.
std::optional<TraceCause> judge_hook(const TracedCall& call) {
  const TraceStep* hook = call.last("security_perf_event_open");
  const TraceStep* selinux = call.last("selinux_perf_event_open");
  if (hook == nullptr) {
    return std::nullopt;
  }
  // Without answers: it was the last that was asked.
  const bool is_last = hook == &call.steps.back() || selinux == &call.steps.back();
  if (!(hook->answer ? hook->refused() : is_last)) {
    return std::nullopt;
  }
  const std::string id = hook->asked == "kernel" ? "lsm_denies_kernel"
                         : hook->asked == "cpu"  ? "lsm_denies_cpu"
                                                 : "lsm_denies_open";
  const bool is_selinux = selinux != nullptr && (selinux->refused() || !selinux->answer);
  const std::string seen =
      hook->answer ? tell_answer(*hook) : hook->function + " was the last function entered";
  return TraceCause{id, seen + (is_selinux ? ", by selinux_perf_event_open"
                                           : ", and it was not SELinux: a BPF program perhaps")};
}

// A refusal ends the call at once; without answers, nothing but the check's own questions follows.
std::optional<TraceCause> judge_other_task(const TracedCall& call) {
  const TraceStep* access = call.last("ptrace_may_access");
  if (access == nullptr) {
    return std::nullopt;
  }
  const bool is_last = std::all_of(access + 1, call.steps.data() + call.steps.size(),
                                   [](const TraceStep& step) { return is_part_of_check(step); });
  if (!(access->answer ? access->refused() : is_last)) {
    return std::nullopt;
  }
  return TraceCause{"other_users_process",
                    std::string(access->answer ? "ptrace_may_access answered no for the process to "
                                                 "be counted"
                                               : "ptrace_may_access was asked last") +
                        ", and neither CAP_PERFMON nor CAP_SYS_ADMIN counted"};
}

TraceCause unexplained(const TracedCall& call) {
  const TraceStep* refusal = first_refusal(call);
  return {"unexplained_refusal",
          refusal != nullptr ? tell_answer(*refusal)
                             : "the call ended with " + error_name(call.error()) +
                                   " and no watched function is on record as having refused",
          TraceCause::Certainty::possible};
}

std::vector<TraceCause> judge_permission(const TracedCall& call, const TraceContext& context) {
  if (call.steps.empty()) {
    return {unexplained(call)};
  }
  if (auto hook = judge_hook(call)) {
    return {std::move(*hook)};
  }
  if (auto other = judge_other_task(call)) {
    return {std::move(*other)};
  }
  if (const auto checks = final_checks(call); !checks.empty()) {
    return judge_checks(call, checks, context);
  }
  return {unexplained(call)};
}

// Hardware, generalised cache and raw events are the core PMU's.
bool asks_for_core_pmu(const TracedCall& call) {
  constexpr std::uint64_t kCorePmuTypes[] = {0, 3, 4};  // enum perf_type_id
  return call.event && std::find(std::begin(kCorePmuTypes), std::end(kCorePmuTypes),
                                 call.event->type) != std::end(kCorePmuTypes);
}

TraceCause judge_event(const TracedCall& call, const TraceContext& context) {
  const TraceStep* allocated = call.last("perf_event_alloc");
  const TraceStep* refusal =
      allocated != nullptr && allocated->refused() ? allocated : first_refusal(call);
  const std::string seen = refusal != nullptr ? tell_answer(*refusal)
                                              : "the call ended with " + error_name(call.error());
  if (call.error() == EBUSY) {
    return {"pmu_busy", seen};
  }
  if (call.error() == ENOENT && asks_for_core_pmu(call) && context.has_core_pmu == false) {
    return {"no_pmu", seen + ": no PMU took the event, and sysfs shows no core PMU"};
  }
  return {"hardware_event_unsupported", seen + ": no PMU takes this event"};
}

// The kernel looks at the flags first and at the attributes next.
std::optional<TraceCause> judge_arguments(const TracedCall& call, const TraceScope& scope) {
  const TraceStep* attributes = call.last("perf_copy_attr");
  if (attributes != nullptr && attributes->refused()) {
    return TraceCause{"bad_arguments", tell_answer(*attributes)};
  }
  const bool asked_nothing =
      std::all_of(call.steps.begin(), call.steps.end(),
                  [](const TraceStep& step) { return is_syscall_function(step.function); });
  if (call.error() == EINVAL && asked_nothing && scope.functions.contains("perf_copy_attr")) {
    return TraceCause{"bad_arguments",
                      "the call ended with EINVAL before perf_copy_attr was asked: flags that this "
                      "kernel does not know"};
  }
  return std::nullopt;
}

// Where answers are not recorded, what follows shows that the event was made.
bool is_refused_event(const TracedCall& call, const TraceStep* allocated) {
  if (allocated == nullptr) {
    return call.error() == ENOENT || call.error() == EOPNOTSUPP || call.error() == EBUSY;
  }
  return allocated->answer ? allocated->refused() : call.last("find_get_context") == nullptr;
}

// Beyond permissions: descriptors, attributes, the PMU, the CPU.
TraceCause judge_other(const TracedCall& call, const TraceContext& context) {
  const int error = call.error();
  if (error == EMFILE || error == ENFILE) {
    const TraceStep* refusal = first_refusal(call);
    return {"descriptors_exhausted", refusal != nullptr
                                         ? tell_answer(*refusal)
                                         : "the call ended with " + error_name(error)};
  }
  if (auto bad = judge_arguments(call, context.scope)) {
    return std::move(*bad);
  }
  const TraceStep* allocated = call.last("perf_event_alloc");
  if (is_refused_event(call, allocated)) {
    return judge_event(call, context);
  }
  if (error == ENODEV && allocated != nullptr) {
    return {"cpu_offline", "perf_event_alloc made the event, and the call ended with ENODEV"};
  }
  return unexplained(call);
}

bool is_same(const TraceCause& cause, const Finding& finding) {
  return cause.id == finding.id;
}

}  // namespace

bool is_permission_refusal(const TracedCall& call) {
  return !call.entered || call.error() == EACCES || call.error() == EPERM;
}

std::vector<TraceCause> judge(const TracedCall& call, const TraceContext& context) {
  if (!call.entered) {
    return {judge_not_entered(call, context)};
  }
  if (!call.result) {
    return {{"unexplained_refusal", "how the call ended is not on record",
             TraceCause::Certainty::possible}};
  }
  if (call.error() == 0) {
    return {{"permitted", "the call opened the event"}};
  }
  if (is_permission_refusal(call)) {
    return judge_permission(call, context);
  }
  return {judge_other(call, context)};
}

Agreement compare(const std::vector<TraceCause>& causes, const std::vector<Finding>& findings) {
  for (const TraceCause& cause : causes) {
    const auto same = std::find_if(findings.begin(), findings.end(),
                                   [&](const Finding& each) { return is_same(cause, each); });
    if (same == findings.end()) {
      continue;
    }
    // That a capability is needed is what the witness sees; why it is not held stands on top.
    if (cause.id == "paranoid_restricts") {
      return {Agreement::Kind::agrees, findings.front().id};
    }
    return {
        same->severity == Severity::unknown ? Agreement::Kind::settles : Agreement::Kind::agrees,
        same->id};
  }
  return {Agreement::Kind::differs, findings.empty() ? std::string("none") : findings.front().id};
}

std::string_view to_text(Agreement::Kind kind) {
  constexpr std::string_view kNames[] = {"agrees", "settles", "differs"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace perf_exporter
