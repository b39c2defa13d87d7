// Whatever file names, labels, units and the kernel's own texts hold, people are shown UTF-8
// without control characters.
#include <algorithm>
#include <set>
#include <sstream>

#include "base/text.h"
#include "caps/advice/finding_text.h"
#include "caps/probe/main_program.h"
#include "caps/probe/need.h"
#include "caps/report/report.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

// Clears a screen, breaks a line, is no UTF-8, is C1's CSI, and quotes.
const std::string kNasty =
    "a\x1b[2J\nb\xff\xc2\x9b"
    "c'\"d";

HostFacts nasty_facts(const std::string& text) {
  HostFacts facts = plain_facts();
  facts.executable = "/opt/" + text;
  facts.unit = text + ".service";
  facts.lsm_label = text + ":r:" + text + "_t:s0";
  facts.apparmor = AppArmorProfile{text, text};
  facts.root_filesystem = text;
  facts.kernel_release = text;
  facts.kernel_version = text;
  facts.machine = text;
  facts.lockdown = text;
  facts.lsms = std::vector<std::string>{text};
  facts.core_pmus = std::vector<std::string>{text};
  return facts;
}

void expect_printable_lines(const std::string& text, const std::string& what) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    EXPECT_EQ(line, printable(line)) << what;
  }
}

constexpr const char* kTrials[] = {"EPERM",
                                   "SIGSYS",
                                   "HANG",
                                   "-",
                                   "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK",
                                   "EINVAL EFAULT EACCES EACCES EACCES EACCES EACCES EACCES",
                                   "EINVAL EFAULT OK OK OK OK ENOENT ENOENT",
                                   "EINVAL EFAULT OK OK OK OK OK OK EACCES"};

void expect_printable(const ProbeReport& report) {
  for (const Finding& finding : report.findings) {
    EXPECT_EQ(finding.evidence, printable(finding.evidence)) << finding.id;
    expect_printable_lines(finding.fix, finding.id);
    EXPECT_EQ(log_line(finding), printable(log_line(finding)));
  }
  expect_printable_lines(report_text(report), "text");
  expect_printable_lines(report_html(report), "HTML");
  expect_printable_lines(need_text(need_of(report.facts, report.trials, {}), {}, report.facts),
                         "need");
}

TEST(Printable, IsAllThatAReportShows) {
  for (const char* trials : kTrials) {
    for (const Place place : kPlaces) {
      ProbeReport report;
      report.facts = nasty_facts(kNasty);
      report.facts.place = place;
      report.facts.seccomp_mode = 2;
      report.trials = trials_of(trials);
      report.trials.cgroup = "/sys/fs/cgroup/" + kNasty;
      report.findings = diagnose(report.facts, report.trials, {.cgroups = Want::yes});
      for (Finding& finding :
           judge_main_program(look_at_main_program("/opt/" + kNasty), report.facts)) {
        report.findings.push_back(std::move(finding));
      }
      arrange(report.findings);
      expect_printable(report);
    }
  }
}

// A line break in a name is no line break of the fix, where it would forge a command.
TEST(Printable, IsEveryFixAndHasNoLineTooMany) {
  const HostFacts nasty = nasty_facts(kNasty);
  const HostFacts plain = nasty_facts("plain");
  for (const FindingText& text : finding_texts()) {
    const std::string fix = fix_for(text, nasty);
    expect_printable_lines(fix, std::string(text.key));
    const std::string like = fix_for(text, plain);
    EXPECT_EQ(std::count(fix.begin(), fix.end(), '\n'), std::count(like.begin(), like.end(), '\n'))
        << fix;
  }
}

// The command is right all the same.
TEST(Printable, ShowsANameToAShellByItsBytes) {
  HostFacts facts = plain_facts();
  facts.executable = "/opt/a\x1b'\n\xff";
  EXPECT_THAT(fix_for(finding_text("file_capability_missing"), facts),
              testing::HasSubstr("\n  sudo setcap cap_perfmon=ep $'/opt/a\\033\\047\\012\\377'\n"));
}

}  // namespace
}  // namespace perf_exporter
