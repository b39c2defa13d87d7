#include "caps/witness/witness.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "unit/caps/witness/recorded_traces.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What was done, and what the kernel's record of it proves.
struct RecordedCase {
  const char* file;
  const char* causes;
  TraceMethod method = TraceMethod::kretprobes;
};

constexpr RecordedCase kCases[] = {
    {"6.1.192/debian_gate", "debian_gate"},
    {"6.1.192/debian_gate_namespace", "user_namespace+debian_gate"},
    {"6.1.192/level_2", "paranoid_restricts"},
    {"6.1.192/level_1_whole_cpu", "paranoid_restricts"},
    {"6.1.192/user_namespace", "user_namespace"},
    {"6.1.192/allowed", "permitted"},
    {"6.1.192/seccomp_errno", "seccomp_eperm"},
    {"6.1.192/seccomp_kill", "seccomp_kill"},
    {"6.1.192/descriptors", "descriptors_exhausted"},
    {"6.1.192/other_users_process", "other_users_process"},
    {"6.1.192/no_pmu", "no_pmu"},
    {"6.1.192/apparmor", "apparmor_denies_capability"},
    {"6.1.192/apparmor_and_gate", "apparmor_denies_capability+debian_gate"},
    {"6.1.192/selinux_no_open", "lsm_denies_open"},
    {"6.1.192/selinux_no_kernel", "lsm_denies_kernel"},
    {"6.1.192/selinux_no_cpu", "lsm_denies_cpu"},
    {"6.1.192/selinux_no_perfmon", "lsm_denies_capability"},
    {"6.12.117/debian_gate", "debian_gate"},
    {"6.12.117/debian_gate_namespace", "user_namespace+debian_gate"},
    {"6.12.117/level_2", "paranoid_restricts"},
    {"6.12.117/level_1_whole_cpu", "paranoid_restricts"},
    {"6.12.117/user_namespace", "user_namespace"},
    {"6.12.117/allowed", "permitted"},
    {"6.12.117/seccomp_errno", "seccomp_eperm"},
    {"6.12.117/seccomp_kill", "seccomp_kill"},
    {"6.12.117/descriptors", "descriptors_exhausted"},
    {"6.12.117/other_users_process", "other_users_process"},
    {"6.12.117/no_pmu", "no_pmu"},
    {"6.12.117/apparmor", "apparmor_denies_capability"},
    {"6.12.117/apparmor_and_gate", "apparmor_denies_capability+debian_gate"},
    {"6.12.117/selinux_no_open", "lsm_denies_open"},
    {"6.12.117/selinux_no_kernel", "lsm_denies_kernel"},
    {"6.12.117/selinux_no_cpu", "lsm_denies_cpu"},
    {"6.12.117/selinux_no_perfmon", "lsm_denies_capability"},
    {"6.12.117-graph/debian_gate", "debian_gate", TraceMethod::function_graph},
    {"6.12.117-graph/level_2", "paranoid_restricts?+user_namespace?", TraceMethod::function_graph},
    {"6.12.117-graph/level_1_whole_cpu", "paranoid_restricts?+user_namespace?",
     TraceMethod::function_graph},
    {"6.12.117-graph/other_users_process", "other_users_process", TraceMethod::function_graph},
    {"6.12.117-graph/seccomp_errno", "seccomp_eperm", TraceMethod::function_graph},
    {"6.12.117-graph/descriptors", "descriptors_exhausted", TraceMethod::function_graph},
    {"6.12.117-graph/no_pmu", "hardware_event_unsupported", TraceMethod::function_graph},
    {"6.12.117-graph/allowed", "permitted", TraceMethod::function_graph},
    {"6.1.192/function_gate", "debian_gate", TraceMethod::function},
    {"6.1.192/function_level_2", "paranoid_restricts?+user_namespace?", TraceMethod::function},
    {"6.1.192/function_whole_cpu", "paranoid_restricts?+user_namespace?", TraceMethod::function},
    {"6.12.117/function_gate", "debian_gate", TraceMethod::function},
    {"6.12.117/function_level_2", "paranoid_restricts?+user_namespace?", TraceMethod::function},
    {"6.12.117/function_whole_cpu", "paranoid_restricts?+user_namespace?", TraceMethod::function},
};

TEST(Witness, ProvesTheCauseOfWhatWasRecorded) {
  for (const RecordedCase& each : kCases) {
    SCOPED_TRACE(each.file);
    const RecordedTrace trace = recorded_trace(each.file, each.method);
    ASSERT_THAT(trace.calls, Not(IsEmpty()));
    const auto causes = judge(trace.calls.back(), trace.context);
    EXPECT_EQ(ids_of(causes), each.causes);
    for (const TraceCause& cause : causes) {
      EXPECT_THAT(cause.because, Not(IsEmpty()));
      EXPECT_FALSE(cause.because.ends_with('.')) << cause.because;
    }
  }
}

std::string because(const std::string& file, TraceMethod method = TraceMethod::kretprobes) {
  const RecordedTrace trace = recorded_trace(file, method);
  return trace.calls.empty() ? "" : judge(trace.calls.back(), trace.context).front().because;
}

TEST(Witness, TellsWhatTheCapabilityWasAskedFor) {
  EXPECT_THAT(because("6.12.117/level_2"), HasSubstr("kernel mode is counted"));
  EXPECT_THAT(because("6.12.117/level_1_whole_cpu"), HasSubstr("a whole CPU is counted"));
  EXPECT_THAT(because("6.1.192/level_1_whole_cpu"), HasSubstr("a whole CPU is counted"));
  EXPECT_THAT(because("6.12.117/debian_gate"),
              testing::AllOf(HasSubstr("as in Debian's patch"), HasSubstr("first and alone")));
  EXPECT_THAT(because("6.12.117/selinux_no_open"), HasSubstr("by selinux_perf_event_open"));
}

// The same record, seen by one who knows less.
TEST(Witness, LeavesOpenWhatIsNotOnRecord) {
  RecordedTrace trace = recorded_trace("6.12.117/user_namespace", TraceMethod::kretprobes);
  ASSERT_THAT(trace.calls, Not(IsEmpty()));
  trace.context.effective_place.reset();
  EXPECT_EQ(ids_of(judge(trace.calls.back(), trace.context)),
            "paranoid_restricts?+user_namespace?");
  trace.context.effective = 0;
  EXPECT_EQ(ids_of(judge(trace.calls.back(), trace.context)), "paranoid_restricts");
  trace.context.effective = bit(Capability::perfmon);
  EXPECT_EQ(ids_of(judge(trace.calls.back(), trace.context)), "user_namespace");
}

TEST(Witness, KnowsAGateByWhoWasAskedFirstWhereTheHookIsNotRecorded) {
  const auto judged = [](const char* file) {
    RecordedTrace trace = recorded_trace(file, TraceMethod::kretprobes);
    trace.context.scope.functions.erase("security_perf_event_open");
    TracedCall& call = trace.calls.back();
    std::erase_if(call.steps, [](const TraceStep& step) {
      return step.function == "security_perf_event_open";
    });
    return ids_of(judge(call, trace.context));
  };
  EXPECT_EQ(judged("6.12.117/debian_gate"), "debian_gate");
  EXPECT_EQ(judged("6.12.117/level_2"), "paranoid_restricts");
}

// From the patch's source: Ubuntu's gate stands before the attributes are read.
TEST(Witness, TellsUbuntusGateByTheAttributesThatWereNotRead) {
  RecordedTrace trace = recorded_trace("6.12.117/debian_gate", TraceMethod::kretprobes);
  TracedCall& call = trace.calls.back();
  std::erase_if(call.steps,
                [](const TraceStep& step) { return step.function == "perf_copy_attr"; });
  const auto causes = judge(call, trace.context);
  EXPECT_EQ(ids_of(causes), "ubuntu_gate");
  EXPECT_THAT(causes.front().because, HasSubstr("as in Ubuntu's patch"));
}

// From source: before Linux 5.8 perf asks for CAP_SYS_ADMIN alone.
TEST(Witness, BlamesAnOldKernelForWhatAGateWouldLookLike) {
  RecordedTrace trace = recorded_trace("6.12.117/debian_gate", TraceMethod::kretprobes);
  trace.context.cap_last_cap = 37;
  EXPECT_EQ(ids_of(judge(trace.calls.back(), trace.context)), "kernel_lacks_perfmon");
}

TracedCall call_with(std::int64_t result, std::vector<TraceStep> steps) {
  TracedCall call;
  call.entered = true;
  call.result = result;
  call.steps = std::move(steps);
  return call;
}

TraceStep answered(const std::string& function, std::int64_t answer) {
  TraceStep step;
  step.function = function;
  step.answer = answer;
  return step;
}

// Made up from the kernel's source.
TEST(Witness, ReadsWhatIsNoMatterOfPermission) {
  TraceContext context;
  context.scope = scope_of(TraceMethod::kretprobes);
  const auto judged = [&](const TracedCall& call) { return ids_of(judge(call, context)); };
  const TraceStep made = answered("perf_event_alloc", -0x7000'0000'0000);
  EXPECT_EQ(judged(call_with(-EBUSY, {answered("perf_event_alloc", -EBUSY)})), "pmu_busy");
  EXPECT_EQ(judged(call_with(-ENODEV, {made, answered("find_get_context", -0x7000'0000'0000)})),
            "cpu_offline");
  EXPECT_EQ(judged(call_with(-EINVAL, {answered("perf_event_alloc", -EINVAL)})),
            "hardware_event_unsupported");
  EXPECT_EQ(judged(call_with(-E2BIG, {answered("perf_copy_attr", -E2BIG)})), "bad_arguments");
  EXPECT_EQ(judged(call_with(-EINVAL, {})), "bad_arguments");
  EXPECT_EQ(judged(call_with(-ESRCH, {answered("perf_copy_attr", 0)})), "unexplained_refusal?");
  EXPECT_EQ(judged(call_with(-EACCES, {})), "unexplained_refusal?");
  EXPECT_EQ(judged(call_with(4, {})), "permitted");
  TracedCall lost = call_with(0, {});
  lost.result.reset();
  EXPECT_EQ(judged(lost), "unexplained_refusal?");
}

TEST(Witness, KnowsAMissingPmuByTheEventAndSysfs) {
  TraceContext context;
  context.scope = scope_of(TraceMethod::syscall);
  TracedCall call = call_with(-ENOENT, {});
  EXPECT_EQ(ids_of(judge(call, context)), "hardware_event_unsupported");
  call.event = TracedEvent{0, 0, false};
  EXPECT_EQ(ids_of(judge(call, context)), "hardware_event_unsupported");
  context.has_core_pmu = false;
  EXPECT_EQ(ids_of(judge(call, context)), "no_pmu");
  call.event->type = 99;
  EXPECT_EQ(ids_of(judge(call, context)), "hardware_event_unsupported");
}

TEST(Witness, BlamesAModuleThatIsNotWatched) {
  TraceContext context;
  context.scope = scope_of(TraceMethod::kretprobes);
  TraceStep granted = answered("cap_capable", 0);
  granted.capability = 38;
  EXPECT_EQ(ids_of(judge(
                call_with(-EACCES, {answered("security_perf_event_open", 0), granted,
                                    answered("security_capable", -EPERM), answered("capable", 0)}),
                context)),
            "lsm_denies_capability");
  const auto causes =
      judge(call_with(-EACCES, {answered("security_perf_event_open", -EACCES)}), context);
  EXPECT_EQ(ids_of(causes), "lsm_denies_open");
  EXPECT_THAT(causes.front().because, HasSubstr("not SELinux"));
}

TEST(Witness, BlamesNoFilterWhereThereIsNone) {
  TraceContext context;
  context.scope = scope_of(TraceMethod::kretprobes);
  TracedCall call;
  call.result = -EPERM;
  EXPECT_TRUE(is_permission_refusal(call));
  EXPECT_EQ(ids_of(judge(call, context)), "seccomp_eperm");
  context.seccomp_mode = 0;
  EXPECT_EQ(ids_of(judge(call, context)), "refused_before_perf");
}

Finding finding(const std::string& id, Severity severity) {
  Finding made;
  made.id = id;
  made.severity = severity;
  return made;
}

TEST(Agreement, ComparesWithTheFindings) {
  const std::vector<Finding> findings = {finding("file_capability_missing", Severity::fail),
                                         finding("lsm_denies_open", Severity::unknown),
                                         finding("paranoid_restricts", Severity::warn),
                                         finding("no_pmu", Severity::warn)};
  const auto compared = [&](const std::string& id) {
    const Agreement agreement = compare({TraceCause{id, "seen"}}, findings);
    return std::string(to_text(agreement.kind)) + " " + agreement.finding;
  };
  EXPECT_EQ(compared("no_pmu"), "agrees no_pmu");
  EXPECT_EQ(compared("paranoid_restricts"), "agrees file_capability_missing");
  EXPECT_EQ(compared("lsm_denies_open"), "settles lsm_denies_open");
  EXPECT_EQ(compared("debian_gate"), "differs file_capability_missing");
  EXPECT_EQ(compare({TraceCause{"permitted", "seen"}}, {}).finding, "none");
}

}  // namespace
}  // namespace perf_exporter
