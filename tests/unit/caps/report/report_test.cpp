#include "caps/report/report.h"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "caps/facts/hypervisor.h"
#include "caps/report/fact_rows.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ProbeReport refused_report() {
  ProbeReport report;
  report.facts = plain_facts();
  report.facts.lsm_label.reset();
  report.trials = trials_of("EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK");
  report.findings = diagnose(report.facts, report.trials, {});
  return report;
}

TEST(ReportText, StartsWithTheFindings) {
  EXPECT_THAT(report_text(refused_report()), StartsWith(
                                                 R"(fail: file_capability_missing
  what      The program's file carries no capability, and nothing else gives it
            CAP_PERFMON.
  evidence  perf_event_paranoid 2, CapEff 0000000000000000 (without
            CAP_PERFMON), CapPrm 0000000000000000 (without CAP_PERFMON), CapBnd
            000001ffffffffff (with CAP_PERFMON), no security.capability on the
            file
  fix       On the host:
              sudo setcap cap_perfmon=ep /usr/bin/perf-exporter
            Then restart the exporter: a running one can't be given it.
  see       docs/permissions.md#file-capability-missing

warn: paranoid_restricts
)"));
}

TEST(ReportText, EndsWithTrialsAndFacts) {
  const std::string text = report_text(refused_report());
  EXPECT_THAT(text, HasSubstr(R"(
trial opens (whole CPU: 0)
  r0  undefined flag, in a child          EINVAL
  r1  no attributes                       EFAULT
  r2  software, user, own task            opened
  r3  software, user+kernel, own task     EACCES
  r4  software, user, whole CPU           EACCES
  r5  software, user+kernel, whole CPU    EACCES
  r6  cycles, user+kernel, whole CPU      EACCES
  r7  cycles, user, own task              opened
  r8  software, user+kernel, a cgroup     not run
  r9  read of r2's event                  not run
  r10 ioctl on r2's event                 not run

facts
  uid                       65534
  capabilities_effective    0000000000000000
)"));
  EXPECT_THAT(text, HasSubstr("\n  lsm_label                 unknown\n"));
  EXPECT_THAT(text, HasSubstr("\n  core_pmus                 cpu\n"));
}

TEST(ReportText, ListsTheEvents) {
  ProbeReport report = refused_report();
  report.events = {{"cycles", "cpu", "unsupported", "ENOENT", "0-1"},
                   {"migrations", "cpu", "opens", "", "0"}};
  EXPECT_THAT(report_text(report), HasSubstr(R"(
events
  cycles                    unsupported ENOENT      CPU 0-1
  migrations                opens                   CPU 0

trial opens)"));
}

TEST(ReportText, ColoursSeveritiesWhereItMay) {
  const std::string text = report_text(refused_report(), Paint::coloured);
  EXPECT_THAT(text, StartsWith("\x1b[1;31mfail\x1b[0m: file_capability_missing\n"));
  EXPECT_THAT(report_text(refused_report()), Not(HasSubstr("\x1b")));
}

TEST(ReportText, FitsEightyColumns) {
  HostFacts facts = plain_facts();
  std::string machine(200, 'x');
  machine.append(" ").append(60, 'y').append(" ").append(60, 'z');
  facts.machine = machine;
  for (const Place place : kPlaces) {
    for (const char* trials :
         {"SIGSYS", "EPERM EPERM EPERM", "EINVAL EFAULT OK EACCES EACCES EACCES EACCES ENOENT",
          "EINVAL EACCES EACCES EACCES EACCES EACCES EACCES EACCES"}) {
      facts.place = place;
      const Trials tried = trials_of(trials);
      std::istringstream lines(report_text({facts, tried, diagnose(facts, tried, {}), {}}));
      for (std::string line; std::getline(lines, line);) {
        const bool is_one_word = line.find(std::string(81, 'x')) != std::string::npos;
        const bool is_verbatim = line.starts_with(std::string(14, ' '));
        EXPECT_TRUE(line.size() <= 80 || is_one_word || is_verbatim) << line;
      }
    }
  }
}

// The values of a fact in docs/probe.schema.json, as they stand there.
std::string values_in_schema(const std::string& fact) {
  std::ifstream file(FIXTURES "/../../docs/probe.schema.json");
  const std::string schema(std::istreambuf_iterator<char>(file), {});
  const auto start = schema.find("[", schema.find("\"enum\"", schema.find('"' + fact + "\": {")));
  std::string values = schema.substr(start, schema.find(']', start) + 1 - start);
  std::erase_if(values, [](char c) { return c == ' ' || c == '\n'; });
  return values;
}

template <class Names>
std::string values_of(const Names& names) {
  std::string values = "[";
  for (const std::string_view name : names) {
    values += '"' + std::string(name) + "\",";
  }
  return values + "null]";
}

TEST(ReportJson, NamesNoPlaceRuntimeAndHypervisorThatItsSchemaLacks) {
  std::vector<std::string_view> places;
  for (const Place place : kPlaces) {
    places.push_back(to_text(place));
  }
  EXPECT_EQ(values_in_schema("place"), values_of(places));
  std::vector<std::string_view> runtimes;
  for (const Runtime runtime : kRuntimes) {
    runtimes.push_back(to_text(runtime));
  }
  EXPECT_EQ(values_in_schema("runtime"), values_of(runtimes));
  std::vector<std::string_view> hypervisors;
  for (int kind = 0; kind <= static_cast<int>(Hypervisor::other); ++kind) {
    hypervisors.push_back(hypervisor_text(static_cast<Hypervisor>(kind)).name);
  }
  EXPECT_EQ(values_in_schema("hypervisor"), values_of(hypervisors));
}

TEST(ReportJson, IsOneObject) {
  ProbeReport report;
  report.facts.uid = 0;
  report.facts.core_pmus = std::vector<std::string>{"cpu_atom", "cpu_core"};
  report.facts.no_new_privs = true;
  report.trials = trials_of("SIGSYS");
  report.findings = {{"an_id", Severity::warn, "sum", "evi", "a\nb", "docs/x#y"}};
  report.events = {{"cycles", "cpu", "unsupported", "ENOENT", "0-1"},
                   {"migrations", "cpu", "opens", "", "0"}};
  const std::string json = report_json(report);
  EXPECT_THAT(
      json,
      StartsWith(
          R"({"schema_version":1,"findings":[{"id":"an_id","severity":"warn","summary":"sum",)"
          R"("evidence":"evi","fix":"a\nb","anchor":"docs/x#y"}],"events":[{"event":"cycles","scope":"cpu",)"
          R"("status":"unsupported","error":"ENOENT","cpus":"0-1"},{"event":"migrations",)"
          R"("scope":"cpu","status":"opens","error":null,"cpus":"0"}],)"
          R"("trials":{"cpu":0,"cgroup":null,"results":[)"
          R"({"id":"r0","description":"undefined flag, in a child","outcome":"killed",)"
          R"("error":"SIGSYS"},{"id":"r1","description":"no attributes","outcome":"not_run",)"
          R"("error":null},)"));
  EXPECT_THAT(json, HasSubstr(R"("facts":{"uid":0,"capabilities_effective":null,)"));
  EXPECT_THAT(json, HasSubstr(R"("no_new_privs":true)"));
  EXPECT_THAT(json, HasSubstr(R"("core_pmus":["cpu_atom","cpu_core"])"));
  EXPECT_THAT(json, testing::EndsWith("}}"));
}

std::string summary_json(const std::string& summary) {
  const std::string json = report_json({{}, {}, {{"i", Severity::ok, summary, "", "", ""}}, {}});
  const auto start = json.find(R"("summary":)") + 10;
  return json.substr(start, json.find(R"(,"evidence")") - start);
}

TEST(ReportJson, EscapesStrings) {
  EXPECT_EQ(summary_json("quote \" backslash \\"), R"("quote \" backslash \\")");
  EXPECT_EQ(summary_json(std::string("\n\t\x01\0\x1f", 5)), R"("\n\t\u0001\u0000\u001f")");
  EXPECT_EQ(summary_json("\x7f"), R"("\u007f")");
}

TEST(ReportJson, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(summary_json("µ € 😀"), "\"µ € 😀\"");
  const std::string replaced = "\"\xef\xbf\xbd\"";
  EXPECT_EQ(summary_json("\xff"), replaced);
  EXPECT_EQ(summary_json("\xc3"), replaced) << "cut off";
  EXPECT_EQ(summary_json("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"") << "overlong";
  EXPECT_THAT(summary_json("\xed\xa0\x80"), HasSubstr("\xef\xbf\xbd")) << "surrogate";
  EXPECT_EQ(summary_json("a\xe2\x82z"), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST(ReportHtml, EscapesWhatItShows) {
  ProbeReport report;
  report.facts.lsm_label = "<script>alert('1')</script>";
  report.findings = {{"an_id", Severity::fail, "a < b & \"c\"", "e<i>",
                      "Do f>g:\n  a  b\n    c&\nEnd.", "docs/x#y"}};
  report.events = {{"cycles", "cpu", "unsupported", "ENOENT", "0"}};
  const std::string html = report_html(report);
  EXPECT_THAT(html, HasSubstr("<section class=\"finding fail\" id=\"an_id\">"));
  EXPECT_THAT(html, HasSubstr("<p>a &lt; b &amp; &quot;c&quot;</p>"));
  EXPECT_THAT(
      html,
      HasSubstr("<div class=\"fix\"><p>Do f&gt;g:</p><pre>a  b\n  c&amp;</pre><p>End.</p></div>"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">cycles</th><td>unsupported (ENOENT) on CPU 0"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">r0 undefined flag, in a child</th>"));
}

TEST(LogLine, IsOneLineWithEverything) {
  EXPECT_EQ(log_line({"an_id", Severity::fail, "Sum.", "e1, e2", "Do:\n  a b\n    c\nthen d.",
                      "docs/x#y"}),
            "an_id: Sum. (e1, e2); fix: Do: `a b` `  c` then d.; see docs/x#y");
  EXPECT_EQ(log_line({"permitted", Severity::ok, "Sum.", "", "", "docs/x#y"}),
            "permitted: Sum.; see docs/x#y");
}

TEST(FactRows, HaveUniqueNames) {
  std::set<std::string_view> names;
  for (const FactRow& row : fact_rows({})) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(to_text(row.value), "unknown") << row.name;
  }
}

TEST(FactRows, WriteAnUnlimitedLimitAsAWord) {
  HostFacts facts;
  facts.descriptors = DescriptorLimits{1024, DescriptorLimits::kUnlimited};
  EXPECT_THAT(report_text({facts, {}, {}, {}}), HasSubstr("descriptors_hard          unlimited\n"));
}

}  // namespace
}  // namespace perf_exporter
