// Every number that comes from outside, at the edges of every type that could hold it. Without a
// sanitizer these tests check the results; under UndefinedBehaviorSanitizer the ways to them, too.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <limits>

#include "app/options/flags.h"
#include "caps/probe/diagnosis.h"
#include "caps/probe/main_program.h"
#include "caps/report/report.h"
#include "caps/witness/witness.h"
#include "collectors/families/process_metrics.h"
#include "exposition/negotiation.h"
#include "fakes/temp_host.h"
#include "host/cpu_list.h"
#include "host/topology.h"
#include "http/accept.h"
#include "http/listen/listen_address.h"
#include "http/query.h"
#include "perf/core_pmu.h"
#include "unit/app/options/options_fixture.h"

namespace perf_exporter {
namespace {

const std::vector<std::string> kExtremes = {
    "",
    "0",
    "-0",
    "1",
    "-1",
    "-2",
    "+1",
    "63",
    "64",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    std::string(400, '9'),
    "7fffffffffffffff",
    "ffffffffffffffff",
    "0xffffffffffffffff",
    "1e308",
    "nan",
    "-inf",
};

// The pattern with every '#' replaced by the value.
std::string filled(std::string_view pattern, const std::string& value) {
  std::string text;
  for (const char c : pattern) {
    text += c == '#' ? value : std::string(1, c);
  }
  return text;
}

void for_all(const std::vector<std::string>& patterns,
             const std::function<void(const std::string&)>& check) {
  for (const std::string& pattern : patterns) {
    for (const std::string& value : kExtremes) {
      const std::string text = filled(pattern, value);
      SCOPED_TRACE(text.substr(0, 80));
      check(text);
    }
  }
}

TEST(ExtremeValues, OfCpuListsNameCpusThatCanBe) {
  for_all({"#", "#-#", "0-#", "#-65535", "0-#:#", "1-1:#", "0-65535:#", "#:#", "0,#", "#,1-1:#"},
          [](const std::string& text) {
            for (const auto& parsed : {parse_cpu_list(text), parse_sysfs_cpu_list(text)}) {
              if (!parsed) {
                EXPECT_NE(parsed.error().what, "");
                continue;
              }
              for (const CpuId cpu : *parsed) {
                EXPECT_TRUE(to_int(cpu) >= 0 && to_int(cpu) < 65536) << to_int(cpu);
              }
            }
          });
}

TEST(ExtremeValues, OfNumbersAreWithinTheirBoundsOrRefused) {
  constexpr int kLeast = std::numeric_limits<int>::min();
  constexpr int kMost = std::numeric_limits<int>::max();
  for_all({"#"}, [](const std::string& text) {
    if (const auto number = parse_number(text, 1, 500)) {
      EXPECT_TRUE(*number >= 1 && *number <= 500);
    }
    if (const auto number = parse_number(text, kLeast, kMost)) {
      EXPECT_EQ(std::to_string(*number), text == "-0" ? "0" : text);
    }
  });
}

TEST(ExtremeValues, OfDurationsAreAtMostAWeekOrRefused) {
  for_all({"#", "#ms", "#s", "#m", "#h"}, [](const std::string& text) {
    if (const auto duration = parse_duration(text)) {
      EXPECT_GT(duration->count(), 0);
      EXPECT_LE(*duration, std::chrono::hours(168));
    }
  });
}

TEST(ExtremeValues, OfPortsAreWithinTheirBoundsOrRefused) {
  for_all({"#", ":#", "127.0.0.1:#", "[::1]:#", "#:#", "[#]:#", "unix:/#"},
          [](const std::string& text) {
            const auto address = parse_listen_address(text);
            if (address && address->kind != ListenAddress::Kind::unix_path) {
              EXPECT_TRUE(text.ends_with(":" + std::to_string(address->port)) || text == ":-0");
            }
          });
}

// Each flag that reads a number or a list of them, from each of its sources.
TEST_F(OptionsTest, ExtremeValuesAreTakenOrRefusedInWords) {
  for (const std::string flag : {"cpus", "web.max-requests", "web.listen-address"}) {
    for (const std::string& value : kExtremes) {
      SCOPED_TRACE(flag + " " + value);
      const std::vector<tl::expected<Options, EarlyExit>> results = {
          parse({"--" + flag + "=" + value}),
          parse({}, {{environment_name(flag), value}}),
          parse({"--config", config(flag + " = '" + value + "'\n")}),
          parse({"--config", config(flag + " = " + value + "\n")}),
      };
      for (const auto& result : results) {
        EXPECT_TRUE(result || result.error().code == 2);
      }
    }
  }
  for (const std::string& value : kExtremes) {
    for (const auto& result :
         {parse({"stat", "--for=" + value}), parse({"probe", "--trace", "--pid=" + value})}) {
      EXPECT_TRUE(result || result.error().code == 2) << value;
    }
  }
}

TEST(ExtremeValues, OfHeadersAndQueriesChooseSomething) {
  for_all({"text/plain;q=#", "application/openmetrics-text;version=#;q=#", "gzip;q=#", "#"},
          [](const std::string& text) {
            EXPECT_NE(negotiate(text).content_type, "");
            EXPECT_NE(media_type(negotiate_page(text, {PageFormat::html, PageFormat::json})), "");
            const auto coding = negotiate_coding(text);
            EXPECT_TRUE(coding == ContentCoding::gzip || coding == ContentCoding::identity);
            EXPECT_LE(query_values("a=%" + text + "&a=" + text, "a").size(), 2U);
          });
}

// A host whose every number is the same text.
class ExtremeHost {
 public:
  explicit ExtremeHost(const std::string& value) {
    const auto write = [&](const char* file, std::string_view pattern) {
      host.write_proc(file, filled(pattern, value));
    };
    host.add_pmu("cpu", 4);
    host.write_sys("bus/event_source/devices/cpu/type", value + "\n");
    host.add_pmu("cpu_atom", 9, value + "-" + value);
    host.write_sys("devices/system/cpu/cpu0/topology/physical_package_id", value + "\n");
    write("sys/kernel/cap_last_cap", "#\n");
    write("sys/kernel/perf_event_paranoid", "#\n");
    write("sys/kernel/nmi_watchdog", "#\n");
    write("sys/kernel/osrelease", "#.#.#-#\n");
    write("cpuinfo", "processor\t: #\nmodel\t\t: #\n\n");
    write("cgroups", "perf_event\t#\t#\t#\n");
    write("self/status",
          "Uid:\t#\t#\t#\t#\nCapInh:\t#\nCapPrm:\t#\nCapEff:\t#\nCapBnd:\t#\nNoNewPrivs:\t#\n"
          "Seccomp:\t#\nTracerPid:\t#\n");
    write("self/limits", "Max open files            #                 #                 files\n");
    write("self/stat", "# (a) S # # # # # # # # # # # # # # # # # # # # # #\n");
    write("self/statm", "# # # # # # #\n");
    write("self/mountinfo", "# # #:# / / rw - ext4 # rw\n");
    write("self/cgroup", "#:#:/#\n");
  }

  TempHost host;
};

TEST(ExtremeValues, InAHostsFilesAreReadOrUnknown) {
  const FileCapabilities all = {true, ~std::uint64_t{0}, ~std::uint64_t{0}, true, 0};
  for_all({"#"}, [&](const std::string& value) {
    const ExtremeHost extreme(value);
    const HostPaths paths = extreme.host.paths();
    for (const CorePmu& pmu : find_core_pmus(paths)) {
      EXPECT_EQ(std::to_string(pmu.type), pmu.name == "cpu_atom" ? "9"
                                          : value == "-0"        ? "0"
                                                                 : value);
    }
    EXPECT_LE(read_cpu_models(paths, {}).size(), 1U);
    EXPECT_EQ(read_cpu_info(paths, CpuId{0}, "").core, "");
    const HostFacts facts = gather_facts(paths);
    ProbeReport report = {facts, {}, diagnose(facts, {}, {}), {}};
    const auto judged = judge_main_program({"/p", true, true, all, false}, facts);
    report.findings.insert(report.findings.end(), judged.begin(), judged.end());
    EXPECT_NE(report_text(report), "");
    EXPECT_NE(report_json(report), "");
    const ProcessUsage usage = ProcessMetrics(paths).read(0);
    EXPECT_GE(usage.start_time_seconds.value_or(0), 0);
  });
}

TEST(ExtremeValues, InATraceAreReadOrLeftOut) {
  const std::string start = "           probe-7       [000] .....     1.0: ";
  TraceContext context;
  context.effective = ~std::uint64_t{0};
  context.scope.functions = {"cap_capable"};
  for_all({"#"}, [&](const std::string& value) {
    CallRecorder recorder(CallRecorder::End::exit_tracepoint);
    for (const char* line :
         {"sys_perf_event_open(attr_uptr: #, pid: #, cpu: #, group_fd: #, flags: #)",
          "ask_security_perf_event_open: (security_perf_event_open+0x0/0x1) first=# second=#",
          "ask_perf_copy_attr: (perf_copy_attr+0x0/0x1) type=# config=# bits=#",
          "ask_cap_capable: (cap_capable+0x0/0x80) cap=# c0=# c1=#",
          "ret_cap_capable: (capable+0x1/0x2 <- cap_capable) ret=-1",
          "sys_perf_event_open -> 0xfffffffffffffff3"}) {
      recorder.take(start + filled(line, value) + "\n");
    }
    recorder.take(filled("           probe-#       [000] .....     #: #\n", value));
    for (const TracedCall& call : recorder.finish().calls) {
      EXPECT_FALSE(judge(call, context).empty());
    }
  });
}

TEST(ExtremeValues, OfFileCapabilitiesAreReadOrRefused) {
  for (std::size_t size = 0; size <= 32; ++size) {
    for (const int byte : {0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xff}) {
      const std::vector<std::byte> bytes(size, static_cast<std::byte>(byte));
      const auto found = parse_file_capabilities(bytes);
      EXPECT_TRUE(!found || found->present) << size << " " << byte;
    }
  }
}

}  // namespace
}  // namespace perf_exporter
