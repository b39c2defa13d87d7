// Lines as the kernels named in the tests wrote them.
#include "caps/witness/trace_record.h"

#include <gmock/gmock.h>

namespace perf_exporter {
namespace {

using Kind = TraceRecord::Kind;

TraceRecord parsed(std::string_view line) {
  const auto record = parse_trace_line(line);
  if (!record) {
    ADD_FAILURE() << "no record: " << line;
    return {};
  }
  return *record;
}

TEST(TraceRecord, ReadsAReturnProbe) {
  const TraceRecord record = parsed(
      "           probe-180     [001] .....     3.478225: capable: (perf_allow_kernel+0x34/0x50 <- "
      "capable) ret=0");
  EXPECT_EQ(record.kind, Kind::returns);
  EXPECT_EQ(record.thread, 180);
  EXPECT_EQ(record.command, "probe");
  EXPECT_EQ(record.function, "capable");
  EXPECT_EQ(record.caller, "perf_allow_kernel");
  EXPECT_EQ(record.answer, 0);
}

TEST(TraceRecord, ReadsAnEntryProbe) {
  const TraceRecord record = parsed(
      "           probe-172     [001] .....     3.088124: ask_cap_capable: (cap_capable+0x4/0x80) "
      "cap=21 c0=0x0 c1=0x4000000000");
  EXPECT_EQ(record.kind, Kind::enters);
  EXPECT_EQ(record.function, "cap_capable");
  EXPECT_EQ(record.argument("cap"), 21U);
  EXPECT_EQ(record.argument("c1"), 0x4000000000U);
  EXPECT_EQ(record.argument("c2"), std::nullopt);
  EXPECT_EQ(record.answer, std::nullopt);
}

TEST(TraceRecord, LeavesOutWhatCouldNotBeRead) {
  const TraceRecord record = parsed(
      "   perf-exporter-200     [000] .....     9.000001: ask_perf_copy_attr: "
      "(perf_copy_attr+0x0/0x360) type=(fault) config=0x0 bits=0x0");
  EXPECT_EQ(record.argument("type"), std::nullopt);
  EXPECT_EQ(record.argument("config"), 0U);
}

TEST(TraceRecord, ReadsTheSystemCallsTracepoints) {
  // 6.12 and 7.2 differ by 0x.
  for (const char* arguments : {"attr_uptr: 7ffd7b8e1400, pid: ffffffff, cpu: 0, flags: 8",
                                "attr_uptr: 0x7ffd7b8e1400, pid: 0xffffffff, cpu: 0, flags: 8"}) {
    const TraceRecord begin = parsed(
        std::string("           probe-172     [001] ...1.     3.087853: sys_perf_event_open(") +
        arguments + ")");
    EXPECT_EQ(begin.kind, Kind::begins);
    EXPECT_EQ(begin.argument("pid"), 0xffffffffU);
    EXPECT_EQ(begin.argument("flags"), 8U);
  }
  const TraceRecord end = parsed(
      "           probe-172     [001] ...1.     3.088179: sys_perf_event_open -> "
      "0xfffffffffffffff3");
  EXPECT_EQ(end.kind, Kind::ends);
  EXPECT_EQ(end.answer, -13);
}

TEST(TraceRecord, ReadsTheFunctionTracer) {
  const TraceRecord entry = parsed(
      "           probe-168     [000] .....     5.327871: capable <-__do_sys_perf_event_open");
  EXPECT_EQ(entry.kind, Kind::enters);
  EXPECT_EQ(entry.function, "capable");
  EXPECT_EQ(entry.caller, "__do_sys_perf_event_open");
  EXPECT_EQ(parsed("           probe-168     [000] .....     5.327848: __x64_sys_perf_event_open "
                   "<-do_syscall_64")
                .kind,
            Kind::begins);
  // With the option func-args.
  EXPECT_EQ(parsed("           probe-168     [000] .....     5.3: cap_capable(cred=0xffff, cap=38) "
                   "<-security_capable")
                .function,
            "cap_capable");
}

TEST(TraceRecord, ReadsTheGraphTracer) {
  const TraceRecord leaf =
      parsed("    1.616000 |   0)    probe-57    |   0.000 us    |      cap_capable(); /* = -1 */");
  EXPECT_EQ(leaf.kind, Kind::returns);
  EXPECT_EQ(leaf.thread, 57);
  EXPECT_EQ(leaf.command, "probe");
  EXPECT_EQ(leaf.function, "cap_capable");
  EXPECT_EQ(leaf.answer, -1);
  const TraceRecord begin =
      parsed("    1.612000 |   0)    probe-57    |               |  __x64_sys_perf_event_open() {");
  EXPECT_EQ(begin.kind, Kind::begins);
  const TraceRecord end = parsed(
      "    1.616000 |   0)    probe-57    | # 4000.000 us |  } /* __x64_sys_perf_event_open = -13 "
      "*/");
  EXPECT_EQ(end.kind, Kind::returns);
  EXPECT_EQ(end.function, "__x64_sys_perf_event_open");
  EXPECT_EQ(end.answer, -13);
  const TraceRecord exit = parsed(
      "    1.616000 |   0)    probe-57    |               |  /* sys_perf_event_open -> "
      "0xfffffffffffffff3 */");
  EXPECT_EQ(exit.kind, Kind::ends);
  EXPECT_EQ(exit.answer, -13);
  // Newer kernels write so (kernel/trace/trace_functions_graph.c; not recorded).
  EXPECT_EQ(
      parsed("    1.6 |   0)    probe-57    |   0.000 us    |    capable(); /* ret=0x1 */").answer,
      1);
}

TEST(TraceRecord, TakesAnyNameOfAThread) {
  const TraceRecord record = parsed(
      " a-1 [2] b: c <--77      [000] .....     1.000000: capable: (x+0x1/0x2 <- capable) ret=1");
  EXPECT_EQ(record.command, "a-1 [2] b: c <-");
  EXPECT_EQ(record.thread, 77);
}

TEST(TraceRecord, CutsOffWhatTheCompilerAppends) {
  const TraceRecord record = parsed(
      "            perf-9       [000] .....     1.0: perf_event_alloc: (a.isra.0+0x1/0x2 <- "
      "perf_event_alloc.part.0) ret=-2");
  EXPECT_EQ(record.function, "perf_event_alloc");
  EXPECT_EQ(record.caller, "a");
}

TEST(TraceRecord, IsNoneForAnythingElse) {
  for (const char* line :
       {"", "# tracer: nop", "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION",
        " ------------------------------------------", " 0)     sh-48      =>   sysctl-56   ",
        "CPU:1 [LOST 12 EVENTS]", "           probe-57",
        "           probe-x57     [000] .....     1.0: capable: (a <- capable) ret=1",
        "    1.584000 |   0)    probe-57    |   0.000 us    |  }",
        "           probe-57     [000] .....     1.0: some text"}) {
    EXPECT_FALSE(parse_trace_line(line)) << line;
  }
}

TEST(TraceRecord, CountsLostRecords) {
  EXPECT_EQ(lost_records("CPU:1 [LOST 12 EVENTS]"), 12U);
  EXPECT_EQ(lost_records("CPU:1 [LOST EVENTS]"), 0U);
  EXPECT_EQ(lost_records("           probe-57     [000] .....     1.0: [LOST 3 EVENTS]"), 0U);
}

}  // namespace
}  // namespace perf_exporter
