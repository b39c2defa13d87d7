#include "perf/truth_check.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/descriptors.h"
#include "fakes/fake_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kEnabled = 300'000;  // ns
constexpr std::uint64_t kTrueCycles = 400'000;
constexpr std::uint64_t kTrueInstructions = kKnownLoopInstructions + 204;

// A CPU that this thread may use: what is scripted stands for any.
CpuId some_cpu() {
  return CpuId{::sched_getcpu()};
}

// As the own task opens a generic event, plain or with a PMU's type.
FakePerfKernel::Match own_task(std::uint64_t config) {
  FakePerfKernel::Match match;
  match.type = PERF_TYPE_HARDWARE;
  match.pid = 0;
  match.where = [config](const OpenCall& call) {
    return call.attr != nullptr && (call.attr->config & 0xffffffffU) == config;
  };
  return match;
}

class TruthCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_known_loop()) {
      GTEST_SKIP() << "there is no loop for this architecture";
    }
  }

  // What the reading of each try gives, in their order, the last one over and over.
  void count(std::uint64_t config, std::vector<FakeCount> tries) {
    const auto next = std::make_shared<std::size_t>(0);  // over all groups, one a try
    kernel_.count(own_task(config),
                  [tries = std::move(tries), next](const perf_event_attr&, int, int) {
                    return tries[std::min((*next)++, tries.size() - 1)];
                  });
  }
  void count_cycles(std::uint64_t value) {
    count(PERF_COUNT_HW_CPU_CYCLES, {{value, kEnabled, kEnabled}});
  }
  void count_instructions(std::uint64_t value) {
    count(PERF_COUNT_HW_INSTRUCTIONS, {{value, kEnabled, kEnabled}});
  }
  PmuTruth check() { return check_truth(kernel_, pmu_, {some_cpu()}); }
  static void expect_unknown(const PmuTruth& truth, WhyUnknown why) {
    for (const EventTruth& event : {truth.cycles, truth.instructions}) {
      EXPECT_EQ(event.verdict, Verdict::unknown);
      EXPECT_EQ(event.why, why);
    }
  }
  [[nodiscard]] std::size_t tries() const { return kernel_.reads(); }

  // Whatever was asked of the kernel: user mode of the own task, nothing inherited, nothing pinned
  // without precedence, no guest, and nothing left open.
  void TearDown() override {
    for (const SeenOpen& seen : kernel_.opens()) {
      EXPECT_EQ(seen.call.pid, 0);
      EXPECT_GE(seen.call.cpu, 0);
      EXPECT_EQ(seen.attr.exclude_kernel, 1U);
      EXPECT_EQ(seen.attr.exclude_hv, 1U);
      EXPECT_EQ(seen.attr.exclude_guest, 1U);
      EXPECT_EQ(seen.attr.exclude_user, 0U);
      EXPECT_TRUE(seen.attr.pinned == 0U || has_precedence_);
      EXPECT_EQ(seen.attr.exclusive, 0U);
      EXPECT_EQ(seen.attr.inherit, 0U);
      EXPECT_EQ(seen.attr.disabled, seen.call.group_fd == -1 ? 1U : 0U);
    }
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

  bool has_precedence_ = false;
  std::size_t descriptors_ = open_descriptors();
  FakePerfKernel kernel_;
  CorePmu pmu_{"cpu", 4, {}};
};

TEST_F(TruthCheckTest, APmuThatCountsRightIsRightAtTheFirstTry) {
  count_cycles(kTrueCycles);
  count_instructions(kTrueInstructions);
  const PmuTruth truth = check();
  EXPECT_EQ(truth.pmu, "cpu");
  EXPECT_TRUE(truth.cpu);
  EXPECT_EQ(truth.cycles.verdict, Verdict::right);
  EXPECT_EQ(truth.instructions.verdict, Verdict::right);
  EXPECT_EQ(truth.instructions.seen, kTrueInstructions);
  EXPECT_FALSE(truth.instructions.failed());
  EXPECT_EQ(tries(), 1U);
  EXPECT_EQ(kernel_.enables(), 1U);
}

TEST_F(TruthCheckTest, OnePercentIsAllowedAndNotMore) {
  count_cycles(kTrueCycles);
  for (const auto& [seen, verdict] :
       {std::pair{990'000U, Verdict::right}, std::pair{1'010'000U, Verdict::right},
        std::pair{989'999U, Verdict::nonsense}, std::pair{1'010'001U, Verdict::nonsense}}) {
    count_instructions(seen);
    EXPECT_EQ(check().instructions.verdict, verdict) << seen;
  }
}

TEST_F(TruthCheckTest, ATenthIsNonsenseAfterThreeTries) {
  count_cycles(kTrueCycles / 10);
  count_instructions(kTrueInstructions / 10);
  const PmuTruth truth = check();
  EXPECT_EQ(truth.instructions.verdict, Verdict::nonsense);
  EXPECT_EQ(truth.instructions.seen, kTrueInstructions / 10);
  EXPECT_TRUE(truth.instructions.failed());
  EXPECT_EQ(truth.cycles.verdict, Verdict::right) << "nobody knows how many they should be";
  EXPECT_EQ(tries(), 3U);
}

TEST_F(TruthCheckTest, WhatStaysAtZeroOrNextToItDoesNotCount) {
  for (const std::uint64_t seen : {0U, 1U, 2'600U, 9'999U}) {
    count_cycles(seen);
    count_instructions(seen);
    const PmuTruth truth = check();
    EXPECT_EQ(truth.cycles.verdict, Verdict::not_counting) << seen;
    EXPECT_EQ(truth.instructions.verdict, Verdict::not_counting) << seen;
    EXPECT_EQ(truth.instructions.seen, seen);
  }
}

TEST_F(TruthCheckTest, EachEventIsJudgedForItself) {
  count_cycles(0);
  count_instructions(kTrueInstructions);
  const PmuTruth truth = check();
  EXPECT_EQ(truth.cycles.verdict, Verdict::not_counting);
  EXPECT_EQ(truth.instructions.verdict, Verdict::right);
  EXPECT_EQ(tries(), 3U);
}

TEST_F(TruthCheckTest, MoreCyclesThanAnyClockGivesAreNonsense) {
  count_instructions(kTrueInstructions);
  count_cycles(kEnabled * kMostCyclesPerNanosecond);
  EXPECT_EQ(check().cycles.verdict, Verdict::right);
  count_cycles(std::uint64_t{1} << 47U);
  EXPECT_EQ(check().cycles.verdict, Verdict::nonsense);
}

TEST_F(TruthCheckTest, OneRightTryOfThreeSettlesIt) {
  count_cycles(kTrueCycles);
  count(PERF_COUNT_HW_INSTRUCTIONS, {{5'000'000, kEnabled, kEnabled},
                                     {0, kEnabled, kEnabled},
                                     {kTrueInstructions, kEnabled, kEnabled}});
  EXPECT_EQ(check().instructions.verdict, Verdict::right);
  EXPECT_EQ(tries(), 3U);
}

// It counts, only wrong, if it counted anything once.
TEST_F(TruthCheckTest, ZeroAndNonsenseByTurnsAreNonsense) {
  count_cycles(kTrueCycles);
  count(PERF_COUNT_HW_INSTRUCTIONS,
        {{0, kEnabled, kEnabled}, {5'000'000, kEnabled, kEnabled}, {0, kEnabled, kEnabled}});
  const PmuTruth truth = check();
  EXPECT_EQ(truth.instructions.verdict, Verdict::nonsense);
  EXPECT_EQ(truth.instructions.seen, 5'000'000U);
}

TEST_F(TruthCheckTest, ATryThatCannotBeJudgedLeavesItOpen) {
  count(PERF_COUNT_HW_CPU_CYCLES, {{0, kEnabled, kEnabled}, {0, kEnabled, kEnabled / 2}});
  count(PERF_COUNT_HW_INSTRUCTIONS, {{0, kEnabled, kEnabled}, {0, kEnabled, kEnabled / 2}});
  expect_unknown(check(), WhyUnknown::shared_counter);
}

TEST_F(TruthCheckTest, ASharedCounterIsNotJudged) {
  count(PERF_COUNT_HW_CPU_CYCLES, {{1, kEnabled, kEnabled - 1}});
  count(PERF_COUNT_HW_INSTRUCTIONS, {{1, kEnabled, kEnabled - 1}});
  expect_unknown(check(), WhyUnknown::shared_counter);
}

TEST_F(TruthCheckTest, CountersThatOthersHoldAreNotJudged) {
  count(PERF_COUNT_HW_CPU_CYCLES, {{0, kEnabled, 0}});
  count(PERF_COUNT_HW_INSTRUCTIONS, {{0, kEnabled, 0}});
  expect_unknown(check(), WhyUnknown::no_counter);
}

// The caller's own groups hold every counter.
class TruthPrecedenceTest : public TruthCheckTest {
 protected:
  TruthPrecedenceTest() { kernel_.set_counters(1); }

  PmuTruth check() { return check_truth(kernel_, pmu_, {some_cpu()}, precedence_); }

  int begun_ = 0;
  int ended_ = 0;
  bool is_on_ = false;
  Precedence precedence_{[this](CpuId) {
                           ++begun_;
                           is_on_ = has_precedence_ = true;
                           kernel_.set_counters(2);
                         },
                         [this](CpuId) {
                           ++ended_;
                           is_on_ = false;
                         }};
};

TEST_F(TruthPrecedenceTest, IsTakenOnceWhereThereAreNoCountersOtherwise) {
  kernel_.set_before_open([this](const OpenCall& call) {
    EXPECT_EQ(call.attr->pinned != 0, is_on_ && call.group_fd < 0) << "the leader's flag";
  });
  EXPECT_EQ(check().instructions.verdict, Verdict::right);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(ended_, 1);
}

TEST_F(TruthPrecedenceTest, IsNotTakenWhereThereAreCounters) {
  kernel_.set_counters(2);
  EXPECT_EQ(check().instructions.verdict, Verdict::right);
  EXPECT_EQ(begun_, 0);
}

TEST_F(TruthPrecedenceTest, IsNotTakenWhereItIsOfNoUse) {
  kernel_.refuse({}, EACCES);
  check();
  EXPECT_EQ(begun_, 0);
}

// Nobody has precedence over what others have pinned.
TEST_F(TruthPrecedenceTest, CountersThatAreNotToBeHadAreNotJudged) {
  precedence_.begins = [this](CpuId) {
    ++begun_;
    has_precedence_ = true;
  };
  kernel_.set_counters(1);
  expect_unknown(check(), WhyUnknown::no_counter);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(ended_, 1);
}

TEST_F(TruthCheckTest, WhatIsRefusedIsNotJudged) {
  kernel_.refuse({}, EACCES);
  const PmuTruth truth = check();
  expect_unknown(truth, WhyUnknown::refused);
  EXPECT_EQ(truth.cycles.error, EACCES);
  EXPECT_EQ(kernel_.enables(), 0U);
}

TEST_F(TruthCheckTest, APmuThatCannotCountUserModeAloneIsNotJudged) {
  FakePerfKernel::Match user_mode;
  user_mode.excludes_kernel = true;
  for (const int error : {EINVAL, EOPNOTSUPP}) {
    kernel_.refuse(user_mode, error);
    expect_unknown(check(), WhyUnknown::no_user_mode);
  }
}

TEST_F(TruthCheckTest, AnEventThatThePmuLacksDoesNotKeepTheOtherFromItsCheck) {
  kernel_.refuse(own_task(PERF_COUNT_HW_INSTRUCTIONS), ENOENT);
  count_cycles(0);
  const PmuTruth truth = check();
  EXPECT_EQ(truth.cycles.verdict, Verdict::not_counting);
  EXPECT_EQ(truth.instructions.verdict, Verdict::unknown);
  EXPECT_EQ(truth.instructions.why, WhyUnknown::no_such_event);
}

// Each opens alone, both together are more than there is loan for.
TEST_F(TruthCheckTest, AGroupThatFindsNoRoomIsNotJudged) {
  kernel_.set_group_capacity(1);
  expect_unknown(check(), WhyUnknown::no_counter);
}

TEST_F(TruthCheckTest, FailuresToEnableAndToReadAreNotJudged) {
  kernel_.set_control_error(EIO);
  expect_unknown(check(), WhyUnknown::refused);
  kernel_.set_control_error(0);
  kernel_.set_read_error(EIO);
  expect_unknown(check(), WhyUnknown::refused);
  kernel_.set_read_error(0);
  kernel_.set_read_limit(24);
  expect_unknown(check(), WhyUnknown::refused);
}

TEST_F(TruthCheckTest, WithoutACpuThereIsNoCheck) {
  expect_unknown(check_truth(kernel_, pmu_, {}), WhyUnknown::no_cpu);
  const PmuTruth elsewhere = check_truth(kernel_, pmu_, {CpuId{1023}});
  expect_unknown(elsewhere, WhyUnknown::affinity_refused);
  EXPECT_FALSE(elsewhere.cpu);
  EXPECT_TRUE(kernel_.opens().empty());
}

TEST_F(TruthCheckTest, WithoutTheCallThatKeepsTheThreadThereThereIsNoCheck) {
  const PmuTruth truth = check_truth(kernel_, pmu_, {some_cpu()}, {}, CallUse::leave_out);
  expect_unknown(truth, WhyUnknown::affinity_refused);
  EXPECT_TRUE(kernel_.opens().empty());
}

TEST_F(TruthCheckTest, TheThreadHasItsCpusAgain) {
  cpu_set_t before;
  cpu_set_t after;
  CPU_ZERO(&before);
  CPU_ZERO(&after);
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  check();
  ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST_F(TruthCheckTest, TheEventsOfAPmuThatListsItsCpusNameIt) {
  pmu_ = {"cpu_atom", 10, {some_cpu()}};
  count_cycles(kTrueCycles);
  count_instructions(0);
  EXPECT_EQ(check().instructions.verdict, Verdict::not_counting);
  for (const SeenOpen& seen : kernel_.opens()) {
    EXPECT_EQ(seen.attr.config >> 32U, 10U);
  }
}

TEST_F(TruthCheckTest, AKernelThatKnowsNoSuchNamesIsAskedPlainly) {
  pmu_ = {"armv8_pmuv3_0", 10, {some_cpu()}};
  FakePerfKernel::Match extended;
  extended.where = [](const OpenCall& call) { return (call.attr->config >> 32U) != 0; };
  kernel_.refuse(extended, EINVAL);
  EXPECT_EQ(check().instructions.verdict, Verdict::right);
}

TEST_F(TruthCheckTest, APmuOfAllCpusIsAskedPlainly) {
  EXPECT_EQ(check().instructions.verdict, Verdict::right);
  for (const SeenOpen& seen : kernel_.opens()) {
    EXPECT_EQ(seen.attr.config >> 32U, 0U);
  }
}

}  // namespace
}  // namespace perf_exporter
