#include "unit/collectors/opening/opener_fixture.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "fakes/descriptors.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using namespace std::chrono_literals;

constexpr Encoding kCacheReferences{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES};
const Result<void> kUnsafe = fault("it would end this process");

TEST_F(OpenerTest, OpensNothingBeforeItMayBegin) {
  start();
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(machine_.kernel.opens().empty());
  EXPECT_EQ(preparations_, 0);
  ASSERT_TRUE(running());
  EXPECT_EQ(preparations_, 1);
  EXPECT_EQ(machine_.counters.installed(), (CpuList{CpuId{0}, CpuId{1}}));
  EXPECT_EQ(report().descriptors, 24U);
  EXPECT_FALSE(report().guests_refused_on);
  EXPECT_TRUE(report().missing.empty());
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), 2000U) << "it was looked at once";
  EXPECT_TRUE(opener_->stop());
  EXPECT_TRUE(opener_->stop()) << "once more does no harm";
}

TEST_F(OpenerTest, StopsThoughItNeverBegan) {
  start();
  EXPECT_TRUE(opener_->stop());
  EXPECT_EQ(preparations_, 0);
}

TEST_F(OpenerTest, OpensNothingWhereThatWouldEndTheProcess) {
  set_permit(kUnsafe);
  start();
  ASSERT_TRUE(running());
  EXPECT_TRUE(machine_.kernel.opens().empty());
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::untried) << "nobody refused it";
  EXPECT_EQ(machine_.status(1, "page_faults"), EventStatus::untried);
  machine_.with_cpu(1, [](const SnapshotRow& cpu) {
    ASSERT_NE(cpu.refusal(0), nullptr);
    EXPECT_EQ(in_words(*cpu.refusal(0)), "not tried: it would end this process");
    EXPECT_EQ(cpu.refusal(0)->fault.code, 0);
  });
}

TEST_F(OpenerTest, SaysThatGuestsHadToBeLeftOut) {
  FakePerfKernel::Match with_guests;
  with_guests.where = [](const OpenCall& call) {
    return is_hardware(call) && call.attr->exclude_guest == 0;
  };
  machine_.kernel.refuse(with_guests, EOPNOTSUPP);
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(report().guests_refused_on, CpuId{0});
}

// CPUs 0 and 1 were open already when it was found out.
TEST_F(OpenerTest, WhereOneCpuRefusesGuestsAllLeaveThemOut) {
  machine_.host.set_online("0-3");
  FakePerfKernel::Match with_guests;
  with_guests.where = [](const OpenCall& call) {
    return is_hardware(call) && call.cpu == 2 && call.attr->exclude_guest == 0;
  };
  machine_.kernel.refuse(with_guests, EOPNOTSUPP);
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(report().guests_refused_on, CpuId{2});
  EXPECT_EQ(machine_.counters.installed().size(), 4U);
  EXPECT_TRUE(machine_.counters.including_guests().empty());
  machine_.read();
  for (const int on : {0, 1, 2, 3}) {
    EXPECT_EQ(machine_.status(on, "branches"), EventStatus::counting) << on;
    machine_.with_cpu(on, [&](const SnapshotRow& cpu) {
      EXPECT_EQ(cpu.leader_of(index_of(machine_.events, "branches")),
                index_of(machine_.events, "cycles"))
          << "one group of all on CPU " << on;
      EXPECT_FALSE(cpu.crowded());
    });
  }
}

TEST_F(OpenerTest, FollowsHotplugBothWays) {
  start();
  ASSERT_TRUE(running());
  machine_.read();
  machine_.host.set_online("0");
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), std::nullopt) << "at once";
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(machine_.counters.installed(), CpuList{CpuId{0}});
  machine_.host.set_online("0-1");
  ASSERT_TRUE(wait_for_passes(3)) << "seen without a scrape";
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), 2000U);
  EXPECT_EQ(machine_.total(0, "cycles"), 5000U);
}

// A hybrid PMU lists its online CPUs only (x86), so the PMUs are looked up again.
TEST_F(OpenerTest, ACpuThatComesOnlineLaterBelongsToItsPmu) {
  machine_.host.set_online("0");
  machine_.host.add_pmu("cpu_core", 4, "0");
  start();
  ASSERT_TRUE(running());
  machine_.host.add_pmu("cpu_atom", 10, "1");
  machine_.host.set_online("0-1");
  ASSERT_TRUE(wait_for_passes(2));
  machine_.with_cpu(1, [](const SnapshotRow& cpu) { EXPECT_EQ(cpu.info().pmu, "cpu_atom"); });
  bool extended = false;
  for (const SeenOpen& seen : machine_.kernel.opens()) {
    extended = extended || (seen.call.cpu == 1 && (seen.attr.config >> 32U) == 10);
  }
  EXPECT_TRUE(extended);
}

// Of hardware events: `whole` readings of a second each, then half seconds.
FakePerfKernel::Course shared_after(std::uint64_t whole) {
  return [whole](const perf_event_attr&, int, int n) {
    const auto seconds = static_cast<std::uint64_t>(n) + 1;
    const std::uint64_t shared = seconds > whole ? seconds - whole : 0;
    return FakeCount{(2 * seconds - shared) * 500, seconds * kSecond,
                     seconds * kSecond - shared * kSecond / 2};
  };
}

TEST_F(OpenerTest, ReopensWhatAScrapeFoundMultiplexed) {
  machine_.kernel.count(hardware(), shared_after(1));
  start();
  ASSERT_TRUE(running());
  machine_.read();
  ASSERT_TRUE(wait_for_passes(2));
  machine_.read();
  EXPECT_EQ(machine_.total(0, "cycles"), 4000U) << "3 of the old group, 1 of the new";
  machine_.with_cpu(0, [&](const SnapshotRow& cpu) {
    EXPECT_EQ(cpu.leader_of(index_of(machine_.events, "branches")),
              index_of(machine_.events, "branches"));
  });
}

// At the allowance there is no room for old and new groups at once.
TEST_F(OpenerTest, ReopensAtTheLimitOfDescriptors) {
  machine_.kernel.count(hardware(), course(1000, 50));
  start();
  ASSERT_TRUE(running(24));
  machine_.read();
  for (const int cpu : {0, 1}) {
    EXPECT_EQ(machine_.status(cpu, "cycles"), EventStatus::multiplexed);
    EXPECT_EQ(machine_.status(cpu, "page_faults"), EventStatus::counting);
  }
  EXPECT_EQ(machine_.counters.descriptors(), 24U);
}

TEST_F(OpenerTest, CountsOnTheChosenCpusAndNamesTheMissing) {
  Opener::Config config;
  config.cpus = parse_cpu_choice("1,7").value();
  start(config);
  ASSERT_TRUE(running());
  EXPECT_EQ(machine_.counters.installed(), CpuList{CpuId{1}});
  EXPECT_EQ(report().missing, CpuList{CpuId{7}});
}

TEST_F(OpenerTest, TheAllowanceHoldsForAllCpusTogether) {
  start();
  ASSERT_TRUE(running(12));
  EXPECT_EQ(report().descriptors, 12U);
  EXPECT_EQ(report().allowance, 12U);
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::counting);
  EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::untried);
}

// Old groups are replaced beside each other as long as there is room, else closed first.
TEST_F(OpenerTest, TheAllowanceIsNeverExceededWhileGroupsAreReplaced) {
  machine_.host.set_online("0-3");
  machine_.kernel.count(hardware(), course(1000, 50));  // opened anew, apart
  std::size_t most = 0;
  const std::size_t before = open_descriptors();
  machine_.kernel.set_before_open(
      [&](const OpenCall&) { most = std::max(most, open_descriptors() - before); });
  start();
  ASSERT_TRUE(running(40));
  EXPECT_EQ(report().descriptors, 3 * 12U + 3U) << "of the last CPU a group of three has room";
  EXPECT_EQ(machine_.counters.descriptors(), report().descriptors);
  EXPECT_LE(most, 40U);
}

// What was refused is looked at again, here as often as the thread looks up.
class RetryTest : public OpenerTest {
 protected:
  void start_retrying_often() {
    Opener::Config config;
    config.retry_interval = 1ms;
    start(config);
  }
  // Whether the event gets this status within the patience, at a pass of the opener.
  [[nodiscard]] bool gets(const char* event, EventStatus status) {
    for (int pass = 2; wait_for_passes(pass) && pass < 10; ++pass) {
      machine_.read();
      if (machine_.status(0, event) == status && machine_.status(1, event) == status) {
        return true;
      }
    }
    return false;
  }
};

TEST_F(RetryTest, WhatWasRefusedIsCountedOnceItIsAllowed) {
  machine_.kernel.refuse({}, EACCES);
  start_retrying_often();
  ASSERT_TRUE(running());
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::refused);
  EXPECT_EQ(report().descriptors, 0U);
  machine_.kernel.count({}, course(1000));
  EXPECT_TRUE(gets("cycles", EventStatus::counting));
  EXPECT_EQ(machine_.status(0, "page_faults"), EventStatus::counting);
  EXPECT_GE(preparations_, 2) << "the findings are looked at again, too";
  EXPECT_EQ(report().descriptors, 24U);
}

TEST_F(RetryTest, WhatCountsGoesOnUndisturbed) {
  machine_.kernel.refuse(event_at(kCacheReferences), EACCES);
  start_retrying_often();
  ASSERT_TRUE(running());
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_EQ(machine_.counters.state()->reopenings(), 0U);
  EXPECT_EQ(machine_.status(0, "cache_references"), EventStatus::refused);
}

// Each opens alone: its CPU was opened anew at every retry, for nothing.
TEST_F(RetryTest, APairWithoutRoomIsTriedAgainAsAPair) {
  machine_.kernel.set_group_capacity(1);
  start_retrying_often();
  ASSERT_TRUE(running());
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::busy);
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_EQ(machine_.counters.state()->reopenings(), 0U);
  machine_.kernel.set_group_capacity(4);
  EXPECT_TRUE(gets("cycles", EventStatus::counting)) << "the pair finds room";
  EXPECT_EQ(machine_.status(1, "instructions"), EventStatus::counting);
}

// The interval is half a minute here, more than the patience of this test.
TEST_F(OpenerTest, LooksAgainAtOnceWhereThatIsAskedFor) {
  machine_.kernel.refuse({}, EACCES);
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::refused);
  machine_.kernel.count({}, course(1000));
  opener_->look_again();
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(preparations_, 2);
  machine_.read();
  EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::counting);
}

TEST_F(OpenerTest, LooksAgainAlsoWhereNothingIsRefused) {
  start();
  ASSERT_TRUE(running());
  const std::size_t opens = machine_.kernel.opens().size();
  opener_->look_again();
  ASSERT_TRUE(wait_for_passes(2)) << "facts may have changed";
  EXPECT_EQ(preparations_, 2);
  EXPECT_EQ(machine_.kernel.opens().size(), opens) << "what counts is left alone";
}

TEST_F(RetryTest, WhereNothingIsRefusedNothingIsAskedAgain) {
  machine_.kernel.refuse(event_at(kCacheReferences), ENOENT);
  start_retrying_often();
  ASSERT_TRUE(running());
  EXPECT_FALSE(wait_for_passes_within(2, 1500ms));
  EXPECT_EQ(preparations_, 1);
}

TEST_F(RetryTest, APmuThatAppearsIsCounted) {
  machine_.kernel.refuse(hardware(), ENOENT);
  start_retrying_often();
  ASSERT_TRUE(running());
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::unsupported);
  machine_.kernel.count(hardware(), course(1000));
  machine_.host.add_pmu("cpu", 4);
  EXPECT_TRUE(gets("cycles", EventStatus::counting));
}

// The CPUs were opened before, for their software events. The PMU does not count.
TEST_F(RetryTest, APmuThatAppearsIsCheckedBeforeItIsPublished) {
  if (!has_known_loop()) {
    GTEST_SKIP() << "there is no loop for this architecture";
  }
  machine_.kernel.refuse(hardware(), ENOENT);
  start_retrying_often();
  ASSERT_TRUE(running());
  std::atomic<bool> is_checked = false;
  std::atomic<int> opened_unchecked = 0;
  machine_.kernel.set_before_open([&](const OpenCall& call) {
    is_checked = is_checked || (is_hardware(call) && call.pid == 0);
    opened_unchecked += is_hardware(call) && call.pid != 0 && !is_checked ? 1 : 0;
  });
  machine_.kernel.count(hardware(), course(1000));
  for (const std::uint64_t config : {PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS}) {
    machine_.kernel.count(own_task(config), [](const perf_event_attr&, int, int) {
      return FakeCount{0, 300'000, 300'000};
    });
  }
  machine_.host.add_pmu("cpu", 4);
  EXPECT_TRUE(gets("cycles", EventStatus::untrusted));
  EXPECT_EQ(machine_.total(1, "cycles"), std::nullopt);
  EXPECT_EQ(opened_unchecked, 0);
  machine_.with_cpu(1, [](const SnapshotRow& cpu) { EXPECT_EQ(cpu.info().pmu, "cpu"); });
  EXPECT_EQ(machine_.status(0, "page_faults"), EventStatus::counting);
  EXPECT_TRUE(opener_->stop()) << "before what its hook uses is gone";
}

TEST_F(RetryTest, AProcessThatOpensWouldEndIsAskedAgainWithoutOpening) {
  set_permit(kUnsafe);
  start_retrying_often();
  ASSERT_TRUE(running());
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_GE(preparations_, 2);
  EXPECT_TRUE(machine_.kernel.opens().empty());
  set_permit({});
  EXPECT_TRUE(gets("cycles", EventStatus::counting)) << "once it may be tried";
}

// No child process can be made for the trial of a retry: that says nothing new of the call.
TEST_F(RetryTest, WhatWasAllowedOnceStaysAllowed) {
  machine_.host.set_online("0");
  machine_.kernel.refuse(event_at(kCacheReferences), EACCES);
  start_retrying_often();
  ASSERT_TRUE(running());
  set_permit(kUnsafe);
  const int before = preparations_;
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_GT(preparations_, before);
  machine_.host.set_online("0-1");
  EXPECT_TRUE(gets("cycles", EventStatus::counting)) << "on CPU 1, too";
}

// A PMU whose virtual counters may be taken away from the guest and given back.
class TruthTest : public OpenerTest {
 protected:
  void SetUp() override {
    if (!has_known_loop()) {
      GTEST_SKIP() << "there is no loop for this architecture";
    }
    machine_.host.add_pmu("cpu", 4);
    for (const std::uint64_t config : {PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS}) {
      machine_.kernel.count(own_task(config), [this](const perf_event_attr&, int, int) {
        constexpr std::uint64_t kNanoseconds = 300'000;
        const std::uint64_t running = others_hold_it_ ? 0 : kNanoseconds;
        return FakeCount{counts_ ? kKnownLoopInstructions : 0, kNanoseconds, running};
      });
    }
  }
  void start_checking_often() {
    Opener::Config config;
    config.truth_interval = 1ms;
    start(config);
  }
  [[nodiscard]] Verdict verdict() {
    const OpenReport now = report();
    return now.truths.size() == 1 ? now.truths[0].instructions.verdict : Verdict::unknown;
  }

  std::atomic<bool> counts_ = true;
  std::atomic<bool> others_hold_it_ = false;
};

TEST_F(TruthTest, IsKnownBeforeTheFirstReport) {
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(verdict(), Verdict::right);
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::counting);
  const auto first = machine_.kernel.opens().front();
  EXPECT_EQ(first.call.pid, 0) << "before anything is opened to be published";
}

TEST_F(TruthTest, WhatDoesNotCountIsNeverPublished) {
  counts_ = false;
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(verdict(), Verdict::not_counting);
  machine_.read();
  for (const char* event : {"cycles", "instructions", "branches", "cache_misses"}) {
    EXPECT_EQ(machine_.status(0, event), EventStatus::untrusted) << event;
    EXPECT_EQ(machine_.total(1, event), std::nullopt) << event;
  }
  EXPECT_EQ(machine_.total(0, "page_faults"), 2000U);
}

TEST_F(TruthTest, IsLostAndFoundAgainByItself) {
  start_checking_often();
  ASSERT_TRUE(running());
  counts_ = false;
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(verdict(), Verdict::not_counting);
  machine_.read();
  EXPECT_EQ(machine_.status(1, "branches"), EventStatus::untrusted);
  counts_ = true;
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_EQ(verdict(), Verdict::right);
  machine_.read();
  EXPECT_EQ(machine_.total(1, "branches"), 1000U) << "as before it was lost: a new baseline";
  machine_.read();
  EXPECT_EQ(machine_.status(1, "branches"), EventStatus::counting);
}

TEST_F(TruthTest, ACheckThatCannotJudgeChangesNothing) {
  counts_ = false;
  start_checking_often();
  ASSERT_TRUE(running());
  others_hold_it_ = true;
  const std::size_t before = machine_.kernel.enables();
  while (machine_.kernel.enables() < before + 6) {
    std::this_thread::sleep_for(10ms);
  }
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::untrusted);
  EXPECT_EQ(verdict(), Verdict::not_counting);
}

TEST_F(TruthTest, CountersThatOthersHoldFromTheStartRaiseNoAlarm) {
  others_hold_it_ = true;
  counts_ = false;
  start();
  ASSERT_TRUE(running());
  EXPECT_EQ(verdict(), Verdict::unknown);
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::counting);
}

// Events of whole CPUs are served first: with theirs enabled the own task finds no counter.
TEST_F(TruthTest, IsFoundOutThoughTheOwnEventsTakeEveryCounter) {
  constexpr std::size_t kHardwareEvents = 7;
  machine_.kernel.set_counters(kHardwareEvents);
  start_checking_often();
  ASSERT_TRUE(running());
  counts_ = false;
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(verdict(), Verdict::not_counting);
  for (const int cpu : {0, 1}) {
    EXPECT_EQ(machine_.kernel.enabled_hardware(cpu), kHardwareEvents) << "they are not stopped";
  }
}

TEST_F(TruthTest, IsNotAskedForWhereThatWouldEndTheProcess) {
  set_permit(kUnsafe);
  start();
  ASSERT_TRUE(running());
  EXPECT_TRUE(machine_.kernel.opens().empty());
  EXPECT_TRUE(report().truths.empty());
}

TEST_F(OpenerTest, ReportsWhatBecomesSilent) {
  machine_.kernel.count(hardware(), dead_cache_course(30));
  start();
  ASSERT_TRUE(running());
  machine_.read();
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(machine_.status(0, "cache_misses"), EventStatus::silent);
  machine_.read();
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(wait_for_passes_within(3, 0ms)) << "said once";
}

// The clocks of CPU 1's events stand still from freeze() on, until they are opened anew.
class FrozenCpuTest : public OpenerTest {
 protected:
  void SetUp() override {
    machine_.kernel.count({}, [this](const perf_event_attr&, int cpu, int n) {
      const auto readings = cpu == 1 && is_frozen_ ? 2 : static_cast<std::uint64_t>(n) + 1;
      return FakeCount{readings * 1000, readings * kMinute, readings * kMinute};
    });
    start();
    ASSERT_TRUE(running());
    machine_.read();
    ASSERT_EQ(machine_.total(1, "cycles"), 2000U);
    machine_.kernel.set_before_open([this](const OpenCall&) { is_frozen_ = false; });
    std::this_thread::sleep_for(25ms);
    is_frozen_ = true;
  }

  static constexpr std::uint64_t kMinute = 60 * kSecond;
  std::atomic<bool> is_frozen_ = false;
};

TEST_F(FrozenCpuTest, IsOpenedAnewWithoutAScrapeOnceADeviceCameOrWent) {
  machine_.host.write_sys("kernel/uevent_seqnum", "1002\n");
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(report().came_back, CpuList{CpuId{1}});
  EXPECT_FALSE(is_frozen_);
  EXPECT_TRUE(machine_.counters.came_back().empty());
  machine_.read();
  EXPECT_GE(machine_.total(1, "cycles"), 3000U) << "goes on";
}

TEST_F(FrozenCpuTest, IsOpenedAnewWithoutAScrapeWhereDeviceEventsCannotBeTold) {
  std::filesystem::remove(machine_.host.paths().sysfs / "kernel/uevent_seqnum");
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(report().came_back, CpuList{CpuId{1}});
}

TEST_F(FrozenCpuTest, AScrapeServesNoFrozenValue) {
  machine_.kernel.set_read_limit(40);  // as a group whose members were lost
  EXPECT_EQ(machine_.read().size(), 2U) << "CPU 0's alone: what CPU 1 lacks is explained";
  EXPECT_EQ(machine_.total(1, "cycles"), std::nullopt);
  machine_.kernel.set_read_limit(std::nullopt);
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(report().came_back, CpuList{CpuId{1}});
}

TEST_F(OpenerTest, WakesNoCpuForItsClockWhereNothingHasChanged) {
  start();
  ASSERT_TRUE(running());
  const std::size_t before = machine_.kernel.reads();
  std::this_thread::sleep_for(1500ms);
  EXPECT_EQ(machine_.kernel.reads(), before);
}

// Lets opens on CPU 1 hang until it is released.
class HangingOpenerTest : public OpenerTest {
 protected:
  void SetUp() override {
    machine_.kernel.set_before_open([this](const OpenCall& call) {
      if (call.cpu == 1) {
        hangs_ = true;
        while (!released_) {
          std::this_thread::sleep_for(1ms);
        }
      }
    });
  }
  void TearDown() override { released_ = true; }
  void start_and_hang() {
    start();
    opener_->begin(kPlenty);
    while (!hangs_) {
      std::this_thread::sleep_for(1ms);
    }
  }

  std::atomic<bool> hangs_ = false;
  std::atomic<bool> released_ = false;
};

TEST_F(HangingOpenerTest, AnOpenThatHangsHoldsUpNoScrape) {
  start_and_hang();
  for (std::uint64_t scrape = 1; scrape <= 3; ++scrape) {
    machine_.read();
    EXPECT_EQ(machine_.total(0, "cycles"), scrape * 1000) << "CPU 0 was opened before";
  }
  EXPECT_EQ(machine_.status(1, "cycles"), std::nullopt);
  released_ = true;
  ASSERT_TRUE(wait_for_passes(1));
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), 2000U);
}

TEST_F(HangingOpenerTest, NothingIsOpenedAfterItIsAskedToStop) {
  machine_.host.set_online("0-3");
  start_and_hang();
  EXPECT_FALSE(opener_->stop());
  released_ = true;
  EXPECT_TRUE(opener_->stop());
  EXPECT_EQ(machine_.counters.installed(), (CpuList{CpuId{0}, CpuId{1}}));
}

TEST_F(HangingOpenerTest, StoppingDoesNotWaitForEver) {
  start_and_hang();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(opener_->stop());
  const auto waited = std::chrono::steady_clock::now() - before;
  EXPECT_GE(waited, 600ms);
  EXPECT_LT(waited, kPatience);
  machine_.read();
  EXPECT_TRUE(machine_.total(0, "cycles")) << "scrapes are served meanwhile";
  released_ = true;
  EXPECT_TRUE(opener_->stop());
}

}  // namespace
}  // namespace perf_exporter
