#include "collectors/opening/truth_watch.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cerrno>

#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

constexpr std::uint64_t kEnabled = 300'000;  // ns

// The marked events' names.
std::vector<std::string> names_of(const EventSet& events, const std::vector<bool>& marks) {
  std::vector<std::string> names;
  for (std::size_t event = 0; event < events.size(); ++event) {
    if (marks.at(event)) {
      names.push_back(name_of(events, event));
    }
  }
  return names;
}

PmuTruth truth_of(Verdict cycles, Verdict instructions) {
  PmuTruth truth;
  truth.cycles.verdict = cycles;
  truth.instructions.verdict = instructions;
  return truth;
}

const std::vector<std::string> kIpc = {"cycles", "instructions", "ref_cycles"};
const std::vector<std::string> kHardware = {"cycles",      "instructions",  "ref_cycles",
                                            "branches",    "branch_misses", "cache_references",
                                            "cache_misses"};

TEST(UntrustedEvents, AreTheGroupOfTheEventThatFails) {
  const auto events = default_events();
  EXPECT_EQ(
      names_of(events, untrusted_events(events, truth_of(Verdict::not_counting, Verdict::right))),
      kIpc);
  EXPECT_EQ(names_of(events, untrusted_events(events, truth_of(Verdict::nonsense, Verdict::right))),
            kIpc);
  EXPECT_EQ(
      names_of(events, untrusted_events(events, truth_of(Verdict::right, Verdict::not_counting))),
      kIpc);
}

TEST(UntrustedEvents, AreAllOfThePmusWhereItCountsNothingOrInstructionsWrong) {
  const auto events = default_events();
  for (const PmuTruth& truth : {truth_of(Verdict::not_counting, Verdict::not_counting),
                                truth_of(Verdict::right, Verdict::nonsense),
                                truth_of(Verdict::not_counting, Verdict::nonsense),
                                truth_of(Verdict::not_counting, Verdict::unknown),
                                truth_of(Verdict::unknown, Verdict::not_counting)}) {
    EXPECT_EQ(names_of(events, untrusted_events(events, truth)), kHardware);
  }
}

TEST(UntrustedEvents, AreNoneWhereNothingFails) {
  const auto events = default_events();
  for (const PmuTruth& truth :
       {truth_of(Verdict::right, Verdict::right), truth_of(Verdict::unknown, Verdict::right),
        truth_of(Verdict::unknown, Verdict::unknown)}) {
    EXPECT_TRUE(names_of(events, untrusted_events(events, truth)).empty());
  }
}

TEST(UntrustedEvents, CycleTroubleIsNoTroubleOfOtherGroups) {
  const auto branches = events_named({"branches", "branch_misses"});
  EXPECT_TRUE(names_of(branches,
                       untrusted_events(branches, truth_of(Verdict::not_counting, Verdict::right)))
                  .empty());
}

// Two PMUs, both on the one CPU that the test runs on: what is scripted stands for any.
class TruthWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_known_loop()) {
      GTEST_SKIP() << "there is no loop for this architecture";
    }
  }
  void count_instructions(std::uint64_t pmu_type, std::uint64_t value,
                          std::uint64_t running = kEnabled) {
    FakePerfKernel::Match match = own_task(PERF_COUNT_HW_INSTRUCTIONS);
    match.config = PERF_COUNT_HW_INSTRUCTIONS | (pmu_type << 32U);
    kernel_.count(match, [value, running](const perf_event_attr&, int, int) {
      return FakeCount{value, kEnabled, running};
    });
  }
  bool check() { return watch_.check(pmus_, counted_); }

  FakePerfKernel kernel_;
  TempHost host_;
  EventSet events_ = default_events();
  CpuList counted_ = {CpuId{::sched_getcpu()}};
  std::vector<CorePmu> pmus_ = {{"cpu_core", 4, counted_}, {"cpu_atom", 10, counted_}};
  TruthWatch watch_{kernel_, events_, host_.paths()};
};

TEST_F(TruthWatchTest, EveryPmuIsCheckedForItself) {
  count_instructions(10, kKnownLoopInstructions / 10);
  EXPECT_FALSE(watch_.knows_all(pmus_, counted_));
  EXPECT_TRUE(check()) << "nothing was known before";
  EXPECT_TRUE(watch_.knows_all(pmus_, counted_));
  ASSERT_EQ(watch_.standing().size(), 2U);
  EXPECT_EQ(watch_.standing()[0].instructions.verdict, Verdict::right);
  EXPECT_EQ(watch_.standing()[1].instructions.verdict, Verdict::nonsense);
  const auto untrusted = watch_.untrusted();
  ASSERT_EQ(untrusted.size(), 1U);
  EXPECT_EQ(names_of(events_, untrusted.at("cpu_atom")), kHardware);
  EXPECT_FALSE(check()) << "the same again";
}

TEST_F(TruthWatchTest, ItRecovers) {
  count_instructions(10, 0);
  check();
  count_instructions(10, kKnownLoopInstructions);
  EXPECT_TRUE(check());
  EXPECT_TRUE(watch_.untrusted().empty());
}

TEST_F(TruthWatchTest, WhatCannotBeJudgedLeavesStandingWhatWas) {
  count_instructions(10, 0);
  check();
  count_instructions(10, 0, kEnabled / 2);
  EXPECT_FALSE(check());
  EXPECT_EQ(watch_.standing()[1].instructions.verdict, Verdict::not_counting);
  count_instructions(4, 0, 0);
  EXPECT_FALSE(check());
  EXPECT_EQ(watch_.standing()[0].instructions.verdict, Verdict::right);
}

TEST_F(TruthWatchTest, WhatWasSeenStaysWhileTheVerdictDoes) {
  count_instructions(10, 100'000);
  check();
  count_instructions(10, 200'000);
  EXPECT_FALSE(check());
  EXPECT_EQ(watch_.standing()[1].instructions.seen, 100'000U);
}

TEST_F(TruthWatchTest, APmuThatIsCountedNoMoreIsForgotten) {
  count_instructions(10, 0);
  check();
  pmus_.pop_back();
  EXPECT_TRUE(check());
  EXPECT_EQ(watch_.standing().size(), 1U);
  EXPECT_TRUE(watch_.untrusted().empty());
  counted_ = {};
  EXPECT_TRUE(check());
  EXPECT_TRUE(watch_.standing().empty());
  EXPECT_TRUE(watch_.knows_all(pmus_, counted_));
}

TEST_F(TruthWatchTest, IsolatedCpusAreLeftInPeace) {
  host_.write_sys("devices/system/cpu/isolated", format_cpu_list(counted_) + "\n");
  check();
  ASSERT_EQ(watch_.standing().size(), 2U);
  EXPECT_EQ(watch_.standing()[0].instructions.why, WhyUnknown::no_cpu);
  EXPECT_TRUE(kernel_.opens().empty());
}

TEST_F(TruthWatchTest, WithoutHardwareEventsThereIsNothingToCheck) {
  TruthWatch software(kernel_, events_of({"software"}), host_.paths());
  EXPECT_FALSE(software.check(pmus_, counted_));
  EXPECT_TRUE(software.knows_all(pmus_, counted_));
  EXPECT_TRUE(kernel_.opens().empty());
}

TEST_F(TruthWatchTest, WithoutAPmuThereIsNoVerdict) {
  pmus_.clear();
  EXPECT_FALSE(check());
  EXPECT_TRUE(watch_.standing().empty());
}

}  // namespace
}  // namespace perf_exporter
