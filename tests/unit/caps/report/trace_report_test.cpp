#include "caps/report/trace_report.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "unit/caps/witness/recorded_traces.h"

namespace perf_exporter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TraceReport report_of(const std::string& file) {
  const RecordedTrace trace = recorded_trace(file, TraceMethod::kretprobes);
  TraceReport report;
  report.scope = trace.context.scope;
  report.scope.missing = {"perf_init_event"};
  report.seen = report.refused = 1;
  JudgedCall judged;
  judged.call = trace.calls.back();
  judged.trial = "r3";
  judged.trial_description = "software, user+kernel, own task";
  judged.causes = judge(judged.call, trace.context);
  judged.agreement = Agreement{Agreement::Kind::agrees, "debian_gate"};
  report.calls.push_back(std::move(judged));
  return report;
}

TEST(TraceText, ShowsTheWayAndWhatItProves) {
  EXPECT_EQ(trace_text(report_of("6.12.117/debian_gate")),
            R"(trace of r3 software, user+kernel, own task
  perf_event_open
    perf_copy_attr                type 1 config 0x9         0
    cap_capable                   CAP_SYS_ADMIN             -1 EPERM
    security_capable                                        -1 EPERM
    capable                                                 no
  = the call                                                -13 EACCES
  proves    debian_gate: cap_capable refused CAP_SYS_ADMIN before
            security_perf_event_open was asked, where the mainline kernel checks
            nothing; the attributes had been read, as in Debian's patch;
            CAP_SYS_ADMIN was asked for first and alone.
  see       docs/permissions.md#debian-gate
  finding   agrees: debian_gate

trace
  method    kretprobes
  calls     1 recorded, 1 refused by a permission
  without   perf_init_event
)");
}

TEST(TraceText, StaysWithinEightyColumns) {
  for (const char* file : {"6.12.117/apparmor_and_gate", "6.1.192/no_pmu", "6.1.192/allowed"}) {
    std::istringstream lines(trace_text(report_of(file)));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80U) << line;
    }
  }
}

TEST(TraceText, SaysWhereItIsNotSure) {
  TraceReport report = report_of("6.12.117/debian_gate");
  report.calls[0].trial.clear();
  report.calls[0].call.command = "na\x1b[31m\nme";
  report.calls[0].times = 3;
  report.calls[0].causes = {{"user_namespace", "seen", TraceCause::Certainty::possible}};
  report.calls[0].agreement = Agreement{Agreement::Kind::differs, "no_pmu"};
  report.lost = 4;
  const std::string text = trace_text(report);
  EXPECT_THAT(text, HasSubstr("trace of na\uFFFD[31m\uFFFDme ["));
  EXPECT_THAT(text, HasSubstr(", the first of 3 alike"));
  EXPECT_THAT(text, HasSubstr("  possible  user_namespace: seen."));
  EXPECT_THAT(text, HasSubstr("differs: without privilege the first finding is no_pmu"));
  EXPECT_THAT(text, HasSubstr("4 records found no room"));
}

TEST(TraceText, CountsEqualRows) {
  const std::string text = trace_text(report_of("6.1.192/no_pmu"));
  EXPECT_THAT(text, HasSubstr("    perf_try_init_event x8"));
  EXPECT_THAT(text, HasSubstr("no_pmu: perf_event_alloc answered ENOENT"));
}

TEST(TraceText, SaysThatACallWasNotEntered) {
  const std::string text = trace_text(report_of("6.12.117/seccomp_errno"));
  EXPECT_THAT(text, HasSubstr("(perf_event_open was not entered)"));
  EXPECT_THAT(text, HasSubstr("-1 EPERM"));
}

TEST(TraceJson, HoldsTheSame) {
  const std::string json = trace_json(report_of("6.12.117/debian_gate"));
  EXPECT_THAT(json, HasSubstr(R"({"method":"kretprobes","not_recorded":["perf_init_event"],)"
                              R"("calls_seen":1,"calls_refused":1,"records_lost":0,"calls":[)"
                              R"({"trial":"r3","thread":)"));
  EXPECT_THAT(json,
              HasSubstr(R"("entered":true,"event":{"type":1,"config":"0x0000000000000009",)"
                        R"("exclude_kernel":false},"result":-13,"error":"EACCES","steps":[)"));
  EXPECT_THAT(json, HasSubstr(R"({"function":"cap_capable","caller":"security_capable",)"
                              R"("asked":"CAP_SYS_ADMIN","answer":"-1 EPERM","error":"EPERM"})"));
  EXPECT_THAT(json, HasSubstr(R"("proved":true,"anchor":"docs/permissions.md#debian-gate"})"));
  EXPECT_THAT(json, HasSubstr(R"("agreement":{"verdict":"agrees","finding":"debian_gate"})"));
}

TEST(TraceJson, WritesNullForWhatIsNotKnown) {
  TraceReport report;
  report.calls.emplace_back();
  const std::string json = trace_json(report);
  EXPECT_THAT(json, HasSubstr(R"("trial":null,)"));
  EXPECT_THAT(json, HasSubstr(R"("event":null,"result":null,"error":null,"steps":[])"));
  EXPECT_THAT(json, HasSubstr(R"("agreement":null)"));
}

TEST(CauseAnchor, LeadsToASectionThatExists) {
  std::ifstream page(FIXTURES "/../../docs/debugging.md");
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("\n## Other user's process\n"));
  EXPECT_THAT(text.str(), HasSubstr("\n## Bad arguments\n"));
  EXPECT_EQ(cause_anchor({"bad_arguments", ""}), "docs/debugging.md#bad-arguments");
  EXPECT_EQ(cause_anchor({"other_users_process", ""}), "docs/debugging.md#other-users-process");
  EXPECT_EQ(cause_anchor({"no_pmu", ""}), "docs/permissions.md#no-pmu");
}

TracedCall call_of(const std::string& command, std::int64_t result) {
  TracedCall call;
  call.command = command;
  call.entered = true;
  call.result = result;
  return call;
}

TEST(Digest, ShowsOneOfEachKindAndRefusalsFirst) {
  Recording recording;
  recording.seen = 7;
  recording.lost = 2;
  recording.calls = {call_of("perf", 3),       call_of("perf", -ENOENT), call_of("perf", -EACCES),
                     call_of("perf", -EACCES), call_of("perf", 4),       call_of("other", -EACCES)};
  TraceContext context;
  context.scope = scope_of(TraceMethod::kretprobes);
  const TraceReport report = digest(recording, context);
  EXPECT_EQ(report.seen, 7U);
  EXPECT_EQ(report.refused, 3U);
  EXPECT_EQ(report.lost, 2U);
  std::vector<std::string> shown;
  for (const JudgedCall& judged : report.calls) {
    shown.push_back(judged.call.command + " " + std::to_string(*judged.call.result) + " x" +
                    std::to_string(judged.times));
  }
  EXPECT_THAT(shown, ElementsAre("perf -13 x2", "other -13 x1", "perf -2 x1", "perf 3 x2"));
}

TEST(Digest, ShowsNoMoreThanIsRead) {
  Recording recording;
  for (int i = 0; i < 20; ++i) {
    recording.calls.push_back(call_of("c" + std::to_string(i), -EACCES));
  }
  EXPECT_THAT(digest(recording, {}).calls, SizeIs(kMostShown));
}

}  // namespace
}  // namespace perf_exporter
