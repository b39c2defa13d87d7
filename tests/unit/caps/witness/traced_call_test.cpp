#include "caps/witness/traced_call.h"

#include <gmock/gmock.h>

#include "caps/witness/trace_probes.h"

namespace perf_exporter {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Short forms of what the kernel writes, for thread 7 of "perf".
std::string line(const std::string& text) {
  return "            perf-7       [000] .....     1.000000: " + text + "\n";
}
std::string begins() {
  return line("sys_perf_event_open(attr_uptr: 7f, pid: 0, cpu: 0, group_fd: 0, flags: 8)");
}
std::string ends(const std::string& result) {
  return line("sys_perf_event_open -> " + result);
}
std::string returns(const std::string& function, const std::string& answer) {
  return line(function + ": (caller+0x1/0x2 <- " + function + ") ret=" + answer);
}

Recording recorded(const std::string& text,
                   CallRecorder::End end = CallRecorder::End::exit_tracepoint) {
  CallRecorder recorder(end);
  recorder.take(text);
  return recorder.finish();
}

TEST(CallRecorder, MakesACallOfWhatLiesBetweenEntryAndExit) {
  const Recording recording =
      recorded(returns("get_unused_fd_flags", "3") + begins() +
               line("ask_perf_copy_attr: (perf_copy_attr+0x0/0x1) type=1 config=0x9 bits=0x21") +
               returns("perf_copy_attr", "0") +
               line("ask_cap_capable: (cap_capable+0x0/0x80) cap=38 c0=0x1 c1=0x2") +
               returns("cap_capable", "-1") + returns("capable", "0") +
               returns("__x64_sys_perf_event_open", "-13") + ends("0xfffffffffffffff3") +
               returns("ptrace_may_access", "1"));
  ASSERT_THAT(recording.calls, SizeIs(1));
  EXPECT_EQ(recording.seen, 1U);
  EXPECT_EQ(recording.records, 10U);
  const TracedCall& call = recording.calls[0];
  EXPECT_TRUE(call.entered);
  EXPECT_EQ(call.thread, 7);
  EXPECT_EQ(call.command, "perf");
  EXPECT_EQ(call.result, -13);
  ASSERT_TRUE(call.event);
  EXPECT_EQ(call.event->type, 1U);
  EXPECT_EQ(call.event->config, 9U);
  EXPECT_TRUE(call.event->exclude_kernel);
  ASSERT_THAT(call.steps, SizeIs(4));
  EXPECT_EQ(call.steps[0].asked, "type 1 config 0x9");
  EXPECT_EQ(call.steps[0].answer, 0);
  EXPECT_EQ(call.steps[1].asked, "CAP_PERFMON");
  EXPECT_EQ(call.steps[1].answer, -1);
  EXPECT_THAT(call.steps[1].credentials, testing::ElementsAre(1, 2));
  EXPECT_EQ(call.steps[2].caller, "caller");
}

TEST(CallRecorder, TakesTextInPieces) {
  CallRecorder recorder(CallRecorder::End::exit_tracepoint);
  for (const char c : begins() + returns("capable", "1") + ends("0x3") + begins()) {
    recorder.take(std::string_view(&c, 1));
  }
  ASSERT_THAT(recorder.recording().calls, SizeIs(1));
  EXPECT_EQ(recorder.recording().calls[0].result, 3);
  const Recording recording = recorder.finish();
  ASSERT_THAT(recording.calls, SizeIs(2));
  EXPECT_EQ(recording.calls[1].result, std::nullopt);
}

TEST(CallRecorder, ShowsThatACallNeverReachedTheKernelsFunction) {
  const Recording recording = recorded(ends("0xffffffffffffffff"));
  ASSERT_THAT(recording.calls, SizeIs(1));
  EXPECT_FALSE(recording.calls[0].entered);
  EXPECT_EQ(recording.calls[0].error(), 1);
  // A filter that kills leaves the number of the system call behind.
  EXPECT_EQ(recorded(ends("0x12a")).calls.at(0).result, std::nullopt);
}

TEST(CallRecorder, EndsACallWithTheFunctionWhereThereIsNoTracepoint) {
  const std::string graph =
      "    1.6 |   0)    perf-7    |               |  __x64_sys_perf_event_open() {\n"
      "    1.6 |   0)    perf-7    |               |    capable() {\n"
      "    1.6 |   0)    perf-7    |   0.000 us    |      cap_capable(); /* = -1 */\n"
      "    1.6 |   0)    perf-7    |   0.000 us    |    } /* capable = 0x0 */\n"
      "    1.6 |   0)    perf-7    |   0.000 us    |  } /* __x64_sys_perf_event_open = -13 */\n";
  CallRecorder recorder(CallRecorder::End::function_return);
  recorder.take(graph);
  ASSERT_THAT(recorder.recording().calls, SizeIs(1));
  const TracedCall& call = recorder.recording().calls[0];
  EXPECT_EQ(call.result, -13);
  ASSERT_THAT(call.steps, SizeIs(3));
  EXPECT_EQ(call.steps[0].function, "capable");
  EXPECT_EQ(call.steps[0].answer, 0);
  EXPECT_EQ(call.steps[1].function, "cap_capable");
}

TEST(CallRecorder, TellsThreadsApart) {
  std::string other = begins();
  other.replace(other.find("perf-7"), 6, "perf-8");
  std::string other_end = ends("0x5");
  other_end.replace(other_end.find("perf-7"), 6, "perf-8");
  const Recording recording = recorded(begins() + other + other_end + ends("0x4"));
  ASSERT_THAT(recording.calls, SizeIs(2));
  EXPECT_EQ(recording.calls[0].thread, 8);
  EXPECT_EQ(recording.calls[0].result, 5);
  EXPECT_EQ(recording.calls[1].thread, 7);
}

TEST(CallRecorder, LearnsTheNameOfAThreadLater) {
  std::string unknown = begins();
  unknown.replace(unknown.find(" perf-7"), 7, "<...>-7");
  std::string end = ends("0x3");
  end.replace(end.find(" perf-7"), 7, "<...>-7");
  const Recording recording = recorded(unknown + end + returns("capable", "1"));
  ASSERT_THAT(recording.calls, SizeIs(1));
  EXPECT_EQ(recording.calls[0].command, "perf");
}

TEST(CallRecorder, AsksOnceForANameThatTheKernelDoesNotKnowYet) {
  std::string call = begins() + ends("0x3");
  for (auto at = call.find(" perf-7"); at != std::string::npos; at = call.find(" perf-7")) {
    call.replace(at, 7, "<...>-7");
  }
  int asked = 0;
  CallRecorder recorder(CallRecorder::End::exit_tracepoint, [&asked](pid_t thread) {
    ++asked;
    return thread == 7 ? std::string("probe") : std::string();
  });
  recorder.take(call + call);
  const Recording recording = recorder.finish();
  ASSERT_THAT(recording.calls, SizeIs(2));
  EXPECT_EQ(recording.calls[0].command, "probe");
  EXPECT_EQ(recording.calls[1].command, "probe");
  EXPECT_EQ(asked, 1);
}

TEST(CallRecorder, AsksOnceForTheNameOfAThreadThatIsGone) {
  std::string call = begins() + ends("0x3");
  for (auto at = call.find(" perf-7"); at != std::string::npos; at = call.find(" perf-7")) {
    call.replace(at, 7, "<...>-7");
  }
  int asked = 0;
  CallRecorder recorder(CallRecorder::End::exit_tracepoint, [&asked](pid_t /*thread*/) {
    ++asked;
    return std::string();
  });
  recorder.take(call + call);
  const Recording recording = recorder.finish();
  ASSERT_THAT(recording.calls, SizeIs(2));
  EXPECT_EQ(recording.calls[0].command, kUnknownCommand);
  EXPECT_EQ(asked, 1);
}

TEST(CallRecorder, CountsWhatItDoesNotKeep) {
  CallRecorder recorder(CallRecorder::End::exit_tracepoint);
  for (std::size_t i = 0; i < CallRecorder::kMostCalls + 3; ++i) {
    recorder.take(begins() + ends("0x3"));
  }
  recorder.take("CPU:1 [LOST 12 EVENTS]\n");
  const Recording recording = recorder.finish();
  EXPECT_THAT(recording.calls, SizeIs(CallRecorder::kMostCalls));
  EXPECT_EQ(recording.seen, CallRecorder::kMostCalls + 3);
  EXPECT_EQ(recording.lost, 12U);
}

TEST(CallRecorder, NamesTheQuestionOfTheSecurityHook) {
  const auto asked = [](const std::string& arguments) {
    const Recording recording =
        recorded(begins() + line("ask: (security_perf_event_open+0x0/0x1) " + arguments));
    return recording.calls.at(0).steps.at(0).asked;
  };
  EXPECT_EQ(asked("first=0xff290690003ebd98 second=0x0"), "open");  // 6.1
  EXPECT_EQ(asked("first=0xff290690003ebd98 second=0x2"), "kernel");
  EXPECT_EQ(asked("first=0x1 second=0x7fff347e5da0"), "cpu");  // 6.12
  EXPECT_EQ(asked("first=0x77 second=0x77"), "");
}

TEST(TraceStep, ReadsAnswersAsTheFunctionMeansThem) {
  const auto step = [](const std::string& function, std::int64_t answer) {
    TraceStep made;
    made.function = function;
    made.answer = answer;
    return made;
  };
  EXPECT_EQ(step("cap_capable", -1).error(), 1);
  EXPECT_EQ(step("perf_event_alloc", -2).error(), 2);
  EXPECT_EQ(step("perf_event_alloc", -0x7000'0000'0000).error(), 0);  // a kernel address
  EXPECT_FALSE(step("get_unused_fd_flags", 3).refused());
  EXPECT_TRUE(step("get_unused_fd_flags", -24).refused());
  EXPECT_TRUE(step("capable", 0).refused());
  EXPECT_TRUE(step("capable", 0x7700).refused());  // what stands above the byte means nothing
  EXPECT_FALSE(step("capable", 1).refused());
  EXPECT_FALSE(TraceStep().refused());
}

// As 6.1 and 6.12 keep them: the five sets begin at byte 44 or 48 of struct cred.
TEST(EffectiveSet, IsFoundByKnownSets) {
  CapabilitySets root;
  root.permitted = root.effective = root.bounding = 0x1ffffffffff;
  const std::vector<std::uint64_t> of_6_1 = {
      0x0, 0xffffffff00000000, 0xffffffff000001ff, 0xffffffff000001ff, 0x1ff, 0x0, 0x0};
  const std::vector<std::uint64_t> of_6_12 = {0, 0, 0x1ffffffffff, 0x1ffffffffff, 0x1ffffffffff,
                                              0, 0};
  EXPECT_EQ(find_effective_set(of_6_1, root), 20U);
  EXPECT_EQ(find_effective_set(of_6_12, root), 24U);
  TraceStep step;
  step.credentials = {0x0, 0x40, 0x40, 0xffffffff00000040, 0x1ff, 0x40, 0x0};
  EXPECT_EQ(effective_set(step, 20), 0x4000000000U);
  step.credentials.resize(3);
  EXPECT_EQ(effective_set(step, 20), std::nullopt);
}

TEST(EffectiveSet, IsUnknownWhereNothingFits) {
  CapabilitySets root;
  root.permitted = root.effective = root.bounding = 0x1ffffffffff;
  EXPECT_EQ(find_effective_set({}, root), std::nullopt);
  EXPECT_EQ(find_effective_set({1, 2, 3, 4, 5, 6, 7}, root), std::nullopt);
  EXPECT_EQ(find_effective_set({0, 0, 0, 0, 0, 0, 0}, CapabilitySets{}), std::nullopt);
}

}  // namespace
}  // namespace perf_exporter
