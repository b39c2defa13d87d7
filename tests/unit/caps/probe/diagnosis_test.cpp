#include "caps/probe/diagnosis.h"

#include <set>

#include "caps/advice/finding_text.h"
#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto& rows :
       {reach_rows(), gate_rows(), capability_rows(), pmu_rows(), cgroup_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

std::vector<Finding> findings_of(const Row& row) {
  HostFacts facts = plain_facts();
  row.change(facts);
  return diagnose(facts, trials_of(row.trials), row.wanted);
}

class Diagnosis : public testing::TestWithParam<Row> {};

TEST_P(Diagnosis, NamesTheCauses) {
  const auto findings = findings_of(GetParam());
  EXPECT_EQ(ids_of(findings), GetParam().expected) << GetParam().origin;
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.summary.empty()) << finding.id;
    EXPECT_FALSE(finding.evidence.empty()) << finding.id;
    EXPECT_EQ(finding.fix.empty(), finding.severity == Severity::ok) << finding.id;
    EXPECT_EQ(finding.anchor, finding_anchor(finding.id));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Diagnosis, testing::ValuesIn(all_rows()),
                         [](const auto& row) { return std::string(row.param.name); });

// A cause without a row would be one that nobody has tried. Those that the trials alone can't tell
// have tests of their own.
TEST(DiagnosisTable, HasARowForEveryCause) {
  std::set<std::string> seen = {"cgroup_unreadable", "cgroup_removed"};  // CgroupTrial
  seen.insert({"hybrid_core_type", "counters_shared", "counters_taken", "nmi_watchdog"});
  seen.insert({"counters_too_few", "event_unread", "descriptor_limit", "event_refused",
               "event_unsupported", "event_busy", "guests_excluded"});  // CountingFindings
  seen.insert({"pmu_not_counting", "pmu_counts_nonsense", "pmu_unchecked", "event_silent"});
  seen.insert({"cpu_not_online", "cpus_masked", "package_unknown"});  // CpuFindings
  seen.insert("threads_limited");                                     // tests/scenarios/threads.py
  seen.insert("seccomp_other_calls");                                 // SideCallCauses
  seen.insert("sum_incomplete");                                      // SumFindings
  seen.insert("address_unavailable");                                 // Listeners
  seen.insert({"main_program_starts", "main_program_missing", "main_program_not_executable",
               "main_program_exec_refused", "main_program_nosuid",
               "main_program_lacks_perfmon"});  // MainProgram
  for (const Row& row : all_rows()) {
    for (const Finding& finding : findings_of(row)) {
      seen.insert(finding.id);
      EXPECT_NE(finding.summary, "") << finding.id << " has no words";
    }
  }
  for (const FindingText& text : finding_texts()) {
    EXPECT_TRUE(seen.contains(std::string(text.id()))) << text.id();
  }
}

}  // namespace
}  // namespace perf_exporter
