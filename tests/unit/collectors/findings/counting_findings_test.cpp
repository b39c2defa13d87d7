#include "collectors/findings/counting_findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "caps/advice/finding_text.h"
#include "collectors/findings/event_trials.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

CountingState state_of(const EventSet& events) {
  CountingState state;
  state.events = events;
  return state;
}

PmuTruth truth_of(const std::string& pmu, const EventTruth& cycles,
                  const EventTruth& instructions) {
  return {pmu, CpuId{3}, cycles, instructions};
}

const EventTruth kRight{Verdict::right, WhyUnknown::none, 0, kKnownLoopInstructions};

EventTruth failed(Verdict verdict, RawCount seen) {
  return {verdict, WhyUnknown::none, 0, seen};
}

EventTruth unknown(WhyUnknown why, int error = 0) {
  return {Verdict::unknown, why, error, 0};
}

const Finding* find(const std::vector<Finding>& findings, std::string_view id) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [id](const Finding& finding) { return finding.id == id; });
  return found != findings.end() ? &*found : nullptr;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The headings of docs/permissions.md as anchors.
bool is_documented(const Finding& finding) {
  std::ifstream page(FIXTURES "/../../docs/permissions.md");
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) {
      std::string anchor = line.substr(3);
      std::transform(anchor.begin(), anchor.end(), anchor.begin(), [](unsigned char c) {
        return c == ' ' ? '-' : static_cast<char>(std::tolower(c));
      });
      if (finding.anchor == "docs/permissions.md#" + anchor) {
        return true;
      }
    }
  }
  return false;
}

void expect_complete(const Finding& finding) {
  EXPECT_FALSE(finding.summary.empty()) << finding.id;
  EXPECT_FALSE(finding.evidence.empty()) << finding.id;
  EXPECT_FALSE(finding.fix.empty()) << finding.id;
  EXPECT_EQ(finding.anchor, finding_anchor(finding.id));
  EXPECT_TRUE(is_documented(finding)) << finding.anchor;
}

TEST(CountingFindings, APmuThatCountsRightIsNotSpokenOf) {
  CountingState state = state_of(default_events());
  state.report.truths = {truth_of("cpu", kRight, kRight)};
  EXPECT_TRUE(counting_findings(state, {}).empty());
}

TEST(CountingFindings, APmuThatDoesNotCountTellsWhatWasExpectedAndSeen) {
  CountingState state = state_of(default_events());
  state.report.truths = {
      truth_of("cpu_core", kRight, kRight),
      truth_of("cpu_atom", failed(Verdict::not_counting, 0), failed(Verdict::not_counting, 7))};
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(findings.size(), 1U);
  const Finding& finding = findings[0];
  EXPECT_EQ(finding.id, "pmu_not_counting");
  EXPECT_EQ(finding.severity, Severity::warn) << "no permission mends it";
  EXPECT_TRUE(
      has(finding.evidence, "cpu_atom on CPU 3: cycles counted 0, at least 10000 expected"));
  EXPECT_TRUE(has(finding.evidence, "instructions counted 7, 1000000 expected"));
  EXPECT_FALSE(has(finding.evidence, "cpu_core"));
  EXPECT_TRUE(has(finding.fix, "nmi_watchdog"));
  EXPECT_TRUE(has(finding.fix, "hypervisor"));
  expect_complete(finding);
}

TEST(CountingFindings, APmuThatCountsATenthCountsNonsense) {
  CountingState state = state_of(default_events());
  state.report.truths = {truth_of("cpu", kRight, failed(Verdict::nonsense, 100'020))};
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "pmu_counts_nonsense");
  EXPECT_EQ(findings[0].severity, Severity::warn);
  EXPECT_TRUE(has(findings[0].evidence, "instructions counted 100020, 1000000 expected"));
  expect_complete(findings[0]);
}

TEST(CountingFindings, AMaskOverTheOnlineCpusIsTold) {
  CountingState state = state_of(events_named({"cycles"}));
  state.cpus = parse_cpu_list("0-3").value();
  state.report.mask = {parse_cpu_list("0-1").value(), state.cpus, {}};
  state.refusals[CpuId{3}][0] = {EventStatus::unsupported, {ENODEV, "ENODEV"}};
  const auto findings = counting_findings(state, {});
  const Finding* masked = find(findings, "cpus_masked");
  ASSERT_NE(masked, nullptr);
  EXPECT_EQ(masked->severity, Severity::warn);
  EXPECT_EQ(masked->evidence,
            "/sys/devices/system/cpu: online 0-1, present and possible 0-3, offline none; CPU 2 is "
            "counted all the same; on CPU 3 nothing opens");
  expect_complete(*masked);
  state.cpus = parse_cpu_list("0-1").value();  // --cpus=0-1
  EXPECT_TRUE(
      find(counting_findings(state, {}), "cpus_masked")->evidence.ends_with("offline none"));
}

TEST(CountingFindings, AnUnknownPackageIsToldWhereSumsByPackageAreWanted) {
  CountingState state = state_of(events_named({"cycles"}));
  state.cpus = parse_cpu_list("0-3").value();
  state.without_package = parse_cpu_list("2-3").value();
  EXPECT_TRUE(counting_findings(state, {}).empty());
  state.aggregate = Aggregate::package;
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "package_unknown");
  EXPECT_TRUE(has(findings[0].evidence, "CPU 2-3"));
  expect_complete(findings[0]);
}

TEST(CountingFindings, BothKindsAreToldApart) {
  CountingState state = state_of(default_events());
  state.report.truths = {truth_of("cpu", failed(Verdict::nonsense, 1'000'000'000'000),
                                  failed(Verdict::not_counting, 0))};
  const auto findings = counting_findings(state, {});
  ASSERT_NE(find(findings, "pmu_not_counting"), nullptr);
  ASSERT_NE(find(findings, "pmu_counts_nonsense"), nullptr);
  EXPECT_TRUE(has(find(findings, "pmu_counts_nonsense")->evidence, "more than a clock of 10 GHz"));
  EXPECT_FALSE(has(find(findings, "pmu_counts_nonsense")->evidence, "instructions counted"));
}

TEST(CountingFindings, WhatCouldNotBeCheckedIsSaidToBeUnknown) {
  CountingState state = state_of(default_events());
  for (const auto& [why, words] :
       {std::pair{unknown(WhyUnknown::no_user_mode, EINVAL), "user mode alone (EINVAL)"},
        std::pair{unknown(WhyUnknown::no_counter), "others held the counters"},
        std::pair{unknown(WhyUnknown::shared_counter), "shared with others"},
        std::pair{unknown(WhyUnknown::refused, EACCES), "refused (EACCES)"},
        std::pair{unknown(WhyUnknown::affinity_refused, EINVAL),
                  "kept on any of its CPUs (EINVAL)"},
        std::pair{unknown(WhyUnknown::no_cpu), "isolated"},
        std::pair{unknown(WhyUnknown::no_loop), "architecture"}}) {
    state.report.truths = {truth_of("cpu", why, why)};
    const auto findings = counting_findings(state, {});
    ASSERT_EQ(findings.size(), 1U) << words;
    EXPECT_EQ(findings[0].id, "pmu_unchecked");
    EXPECT_EQ(findings[0].severity, Severity::unknown);
    EXPECT_TRUE(has(findings[0].evidence, words)) << findings[0].evidence;
    expect_complete(findings[0]);
  }
}

TEST(CountingFindings, AnEventThatThePmuLacksIsNoDoubt) {
  CountingState state = state_of(default_events());
  state.report.truths = {truth_of("cpu", kRight, unknown(WhyUnknown::no_such_event, ENOENT))};
  EXPECT_TRUE(counting_findings(state, {}).empty());
}

TEST(CountingFindings, ACheckThatWasRefusedWithAllElseIsNotSaidTwice) {
  CountingState state = state_of(default_events());
  state.report.truths = {
      truth_of("cpu", unknown(WhyUnknown::refused, EACCES), unknown(WhyUnknown::refused, EACCES))};
  const Finding refusal{"debian_gate", Severity::fail, "", "", "", ""};
  EXPECT_EQ(find(counting_findings(state, {refusal}), "pmu_unchecked"), nullptr);
}

TEST(CountingFindings, ASilentEventIsNamedWithItsCpusAndPartner) {
  const auto events = default_events();
  CountingState state = state_of(events);
  state.silent[index_of(events, "cache_references")] = {CpuId{0}, CpuId{1}};
  state.silent[index_of(events, "ref_cycles")] = {CpuId{1}};
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "event_silent");
  EXPECT_EQ(findings[0].severity, Severity::warn);
  EXPECT_TRUE(has(findings[0].evidence, "cache_references with cache_misses on CPU 0-1"));
  EXPECT_TRUE(has(findings[0].evidence, "ref_cycles on CPU 1")) << findings[0].evidence;
  expect_complete(findings[0]);
}

TEST(CountingFindings, TheStateTellsWhatIsSilentItself) {
  Machine machine(default_events(), "0");
  machine.kernel.count(hardware(), dead_cache_course(60));
  machine.open_cpu(CpuId{0});
  machine.read();
  const CountingState state = counting_state(*machine.counters.state(), {});
  ASSERT_EQ(state.silent.size(), 1U);
  EXPECT_EQ(state.silent.begin()->first, index_of(machine.events, "cache_references"));
  EXPECT_EQ(state.silent.begin()->second, CpuList{CpuId{0}});
}

// Pinned events of others hold every counter, or flexible ones take turns with a pair.
TEST(CountingFindings, TheStateTellsWhatLacksACounterFromTheFirstReadingOn) {
  for (const auto& [percent, id] : {std::pair{std::uint64_t{0}, "counters_taken"},
                                    std::pair{std::uint64_t{75}, "counters_shared"}}) {
    Machine machine(events_named({"cycles", "instructions", "page_faults"}), "0-1");
    machine.kernel.count(hardware(), course(1000, percent));
    machine.open_cpus({CpuId{0}, CpuId{1}});
    machine.read();
    const auto findings = counting_findings(counting_state(*machine.counters.state(), {}), {});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].id, id);
    EXPECT_TRUE(has(findings[0].evidence, "cycles")) << findings[0].evidence;
    EXPECT_TRUE(has(findings[0].evidence, "CPU 0-1")) << findings[0].evidence;
    EXPECT_FALSE(has(findings[0].evidence, "page_faults")) << findings[0].evidence;
  }
}

TEST(CountingFindings, WhatWasNotTriedIsNoRefusalOfTheKernel) {
  const auto events = default_events();
  CountingState state = state_of(events);
  state.cpus = {CpuId{0}};
  state.refusals[CpuId{0}] = nothing_tried(events.size(), "no child process").refusals;
  const Finding not_run{"trials_not_run", Severity::unknown, "", "", "", ""};
  EXPECT_TRUE(counting_findings(state, {not_run}).empty()) << "the probe has said it";
  for (const EventTrial& trial : event_trials(state)) {
    EXPECT_EQ(trial.status, "untried") << trial.event;
    EXPECT_EQ(trial.error, "") << trial.event;
  }
}

TEST(CountingFindings, EventsForWhichTheAllowanceHasNoRoomWereNotRefused) {
  Machine machine(default_events(), "0");
  machine.opener.emplace(machine.kernel, machine.events, machine.pmus, Guests::include);
  machine.counters.install({},
                           machine.opener->open(Target::of_cpu(CpuId{0}), Arrangement::merged, 5));
  const auto findings = counting_findings(counting_state(*machine.counters.state(), {}), {});
  EXPECT_NE(find(findings, "descriptor_limit"), nullptr);
  EXPECT_EQ(find(findings, "event_refused"), nullptr);
  EXPECT_EQ(machine.status(0, "cycles"), EventStatus::untried);
}

TEST(CountingFindings, EveryOtherOneIsDocumentedToo) {
  const auto events = default_events();
  CountingState state = state_of(events);
  state.refusals[CpuId{0}] = {{0, {EventStatus::refused, {EMFILE, "full"}}},
                              {1, {EventStatus::refused, {EACCES, "denied"}}},
                              {2, {EventStatus::unsupported, {ENOENT, "unknown"}}},
                              {3, {EventStatus::busy, {EBUSY, "held"}}}};
  state.refusals[CpuId{0}][4] = {EventStatus::busy, {EINVAL, "no"}, Obstacle::no_counters};
  state.shared[5] = {{CpuId{0}}, 75};
  state.starved[6] = {CpuId{0}};
  state.unread[7][EIO] = {CpuId{0}};
  state.report.missing = {CpuId{9}};
  state.report.guests_refused_on = CpuId{2};
  const auto findings = counting_findings(state, {});
  EXPECT_EQ(findings.size(), 10U);
  for (const Finding& finding : findings) {
    expect_complete(finding);
  }
  EXPECT_TRUE(has(find(findings, "guests_excluded")->evidence, "on CPU 2"));
}

TEST(CountingFindings, TheLimitOfOpenFilesIsRaisedWhereTheProcessRuns) {
  CountingState state = state_of(default_events());
  state.refusals[CpuId{0}] = {{0, {EventStatus::refused, {EMFILE, "full"}}}};
  state.facts.place = Place::systemd;
  state.facts.unit = "a.service";
  const auto findings = counting_findings(state, {});
  const Finding* finding = find(findings, "descriptor_limit");
  ASSERT_NE(finding, nullptr);
  expect_complete(*finding);
  EXPECT_TRUE(has(finding->fix, "\n  sudo systemctl edit a.service\n")) << finding->fix;
  EXPECT_TRUE(has(finding->fix, "\n  LimitNOFILE=1048576\n")) << finding->fix;
  EXPECT_FALSE(has(finding->fix, "ulimit")) << finding->fix;
}

}  // namespace
}  // namespace perf_exporter
