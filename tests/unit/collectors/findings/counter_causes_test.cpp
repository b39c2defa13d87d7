#include "collectors/findings/counter_causes.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "collectors/findings/event_trials.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two events on a machine of P cores 0-1 and E cores 2-3.
CountingState hybrid_state() {
  CountingState state;
  state.events = events_named({"cycles", "ref_cycles"});
  state.cpus = {CpuId{0}, CpuId{1}, CpuId{2}, CpuId{3}};
  state.pmus = {{"cpu_core", 4, {CpuId{0}, CpuId{1}}}, {"cpu_atom", 10, {CpuId{2}, CpuId{3}}}};
  return state;
}

EventRefusal refusal(int error) {
  return {status_of_refusal(error), {error, "perf_event_open: refused"}};
}

std::string ids_of(const std::vector<Finding>& findings) {
  std::string ids;
  for (const Finding& finding : findings) {
    ids += (ids.empty() ? "" : " ") + finding.id;
  }
  return ids;
}

TEST(CounterCauses, AnEventOfOneCoreTypeIsToldFromOneThatNoneHas) {
  CountingState state = hybrid_state();
  state.refusals[CpuId{2}][1] = refusal(ENOENT);
  state.refusals[CpuId{3}][1] = refusal(ENOENT);
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(ids_of(findings), "hybrid_core_type");
  EXPECT_EQ(findings[0].evidence,
            "ref_cycles opens on CPU 0-1 (cpu_core), not on CPU 2-3 (cpu_atom)");
  EXPECT_EQ(findings[0].severity, Severity::warn);
  state.refusals[CpuId{0}][1] = refusal(ENOENT);
  state.refusals[CpuId{1}][1] = refusal(ENOENT);
  EXPECT_EQ(ids_of(counting_findings(state, {})), "event_unsupported");
}

TEST(CounterCauses, OnOneCoreTypeAnEventIsUnsupported) {
  CountingState state = hybrid_state();
  state.pmus.resize(1);
  state.refusals[CpuId{2}][1] = refusal(ENOENT);
  EXPECT_EQ(ids_of(counting_findings(state, {})), "event_unsupported");
}

TEST(CounterCauses, TheWatchdogIsNamedWhereCountersAreShort) {
  CountingState state = hybrid_state();
  state.facts.nmi_watchdog = 1;
  EXPECT_THAT(counter_causes(state), IsEmpty()) << "enough for both";
  state.shared[0] = {{CpuId{0}}, 75};
  EXPECT_EQ(ids_of(counter_causes(state)), "counters_shared nmi_watchdog");
  state.facts.nmi_watchdog = 0;
  EXPECT_EQ(ids_of(counter_causes(state)), "counters_shared");
  state.facts.nmi_watchdog.reset();
  EXPECT_EQ(ids_of(counter_causes(state)), "counters_shared");
}

TEST(CounterCauses, SharesAreToldOnceForEventsThatHaveTheSame) {
  CountingState state = hybrid_state();
  state.shared[0] = {{CpuId{0}, CpuId{1}}, 75};
  state.shared[1] = {{CpuId{0}, CpuId{1}}, 75};
  auto findings = counter_causes(state);
  ASSERT_EQ(ids_of(findings), "counters_shared");
  EXPECT_EQ(findings[0].evidence, "cycles, ref_cycles ran for 75 % of the time on CPU 0-1");
  state.shared[1] = {{CpuId{1}}, std::nullopt};
  EXPECT_EQ(counter_causes(state)[0].evidence,
            "cycles ran for 75 % of the time on CPU 0-1; ref_cycles ran for a part of the time, as "
            "one group of all hardware events, on CPU 1");
}

TEST(CounterCauses, ReadingsThatFailAreToldWithTheirErrnoAndCpu) {
  CountingState state = hybrid_state();
  state.unread[0][EIO] = {CpuId{2}};
  state.unread[1][EIO] = {CpuId{2}};
  state.cut_short[1] = {CpuId{3}};
  const auto findings = counter_causes(state);
  ASSERT_EQ(ids_of(findings), "event_unread");
  EXPECT_EQ(findings[0].severity, Severity::warn);
  EXPECT_EQ(findings[0].evidence,
            "cycles, ref_cycles on CPU 2: EIO (Input/output error); ref_cycles on CPU 3: readings "
            "are short of events");
}

TEST(CounterCauses, APmuThatTakesPartsOnlySharesItsCounters) {
  CountingState state = hybrid_state();
  state.crowded = {CpuId{2}, CpuId{3}};
  state.crowd_answer = "perf_event_open: Invalid argument (EINVAL)";
  state.facts.nmi_watchdog = 1;
  const auto findings = counter_causes(state);
  ASSERT_EQ(ids_of(findings), "counters_shared nmi_watchdog");
  EXPECT_EQ(findings[0].evidence,
            "the PMU of CPU 2-3 does not take all hardware events as one group: perf_event_open: "
            "Invalid argument (EINVAL)");
}

TEST(CounterCauses, APairWithoutRoomIsNoMissingEventAndNoOtherProfiler) {
  CountingState state = hybrid_state();
  state.pmus.resize(1);
  state.facts.nmi_watchdog = 1;
  state.refusals[CpuId{0}][0] = {EventStatus::busy, {EINVAL, "no"}, Obstacle::no_counters};
  const auto findings = counting_findings(state, {});
  ASSERT_EQ(ids_of(findings), "counters_too_few nmi_watchdog");
  EXPECT_EQ(findings[0].evidence, "cycles on CPU 0: no");
  EXPECT_THAT(findings[0].fix, HasSubstr("pinned events"));
}

TEST(CounterCauses, EventsThatNeverRunSayThatSomebodyTookTheCounters) {
  CountingState state = hybrid_state();
  state.starved[0] = {CpuId{0}, CpuId{1}};
  state.facts.place = Place::kubernetes;
  const auto findings = counter_causes(state);
  ASSERT_EQ(ids_of(findings), "counters_taken");
  EXPECT_EQ(findings[0].evidence,
            "open and running for less than 1 % of the time: cycles on CPU 0-1");
  EXPECT_THAT(findings[0].fix, testing::AllOf(HasSubstr("On the node"), HasSubstr("KVM host")));
}

TEST(CounterCauses, AnOfflineCpuIsNoMissingEvent) {
  CountingState state = hybrid_state();
  state.pmus.resize(1);
  state.refusals[CpuId{3}][0] = refusal(ENODEV);
  EXPECT_THAT(counting_findings(state, {}), IsEmpty());
  EXPECT_THAT(event_trials(state),
              testing::Contains(EventTrial{"cycles", "cpu", "offline", "ENODEV", "3"}));
}

TEST(EventTrials, AreARowForEachOutcome) {
  CountingState state = hybrid_state();
  state.refusals[CpuId{2}][1] = refusal(ENOENT);
  state.refusals[CpuId{3}][1] = refusal(EACCES);
  EXPECT_THAT(event_trials(state),
              ElementsAre(EventTrial{"cycles", "cpu", "opens", "", "0-3"},
                          EventTrial{"ref_cycles", "cpu", "opens", "", "0-1"},
                          EventTrial{"ref_cycles", "cpu", "refused", "EACCES", "3"},
                          EventTrial{"ref_cycles", "cpu", "unsupported", "ENOENT", "2"}));
}

}  // namespace
}  // namespace perf_exporter
