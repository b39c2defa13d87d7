#include "caps/witness/trace_probes.h"

#include <gmock/gmock.h>

#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(TraceProbes, FindSymbolsAsCompilersSpellThem) {
  const Symbols symbols = match_symbols({"capable", "capable_wrt_inode_uidgid", "cap_capable",
                                         "perf_event_alloc.part.0", "perf_event_alloc.cold",
                                         "find_get_context.isra.0", "__arm64_sys_perf_event_open"});
  EXPECT_THAT(symbols.found, ElementsAre("capable", "cap_capable", "perf_event_alloc.part.0",
                                         "find_get_context.isra.0"));
  EXPECT_EQ(symbols.syscall, "__arm64_sys_perf_event_open");
  EXPECT_THAT(symbols.missing, SizeIs(watched_functions().size() - 4));
  EXPECT_THAT(symbols.missing, Contains("perf_init_event"));
}

TEST(TraceProbes, TakeColdPartsForNothing) {
  const Symbols symbols = match_symbols({"perf_event_alloc.cold"});
  EXPECT_THAT(symbols.found, IsEmpty());
  EXPECT_EQ(symbols.syscall, "");
}

TEST(TraceProbes, ReadTheListOfTraceableFunctions) {
  TempHost host;
  host.write_sys("available_filter_functions", "capable\ncap_capable [a_module]\nschedule\n");
  const Symbols symbols = find_symbols(Tracefs(host.paths().sysfs), host.paths());
  EXPECT_THAT(symbols.found, ElementsAre("capable", "cap_capable"));
}

TEST(TraceProbes, ReadKallsymsWhereThereIsNone) {
  TempHost host;
  host.write_proc("kallsyms",
                  "ffffffff81366210 T capable\nffffffff81566960 t perf_copy_attr\n"
                  "ffffffff8157bcd0 T __x64_sys_perf_event_open\nffffffff8157bcd1 T x\n");
  const Symbols symbols = find_symbols(Tracefs(host.paths().sysfs), host.paths());
  EXPECT_THAT(symbols.found, ElementsAre("perf_copy_attr", "capable"));
  EXPECT_EQ(symbols.syscall, "__x64_sys_perf_event_open");
}

TEST(TraceProbes, KnowHowAnswersAreToBeRead) {
  EXPECT_EQ(answer_kind("capable"), AnswerKind::truth);
  EXPECT_EQ(answer_kind("perf_event_alloc"), AnswerKind::pointer);
  EXPECT_EQ(answer_kind("cap_capable"), AnswerKind::number);
  EXPECT_EQ(answer_kind("__x64_sys_perf_event_open"), AnswerKind::number);
  EXPECT_TRUE(is_syscall_function("__x64_sys_perf_event_open"));
  EXPECT_FALSE(is_syscall_function("perf_event_open"));
}

}  // namespace
}  // namespace perf_exporter
