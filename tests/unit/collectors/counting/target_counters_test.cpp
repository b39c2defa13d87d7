#include "collectors/counting/target_counters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

class TargetCountersTest : public testing::Test {
 protected:
  OpenedCpu open(Arrangement arrangement = Arrangement::merged) {
    return opener_.open(Target::of_cpu(CpuId{0}), arrangement, kPlenty);
  }
  // The clock moves on by a second a reading, as the scripted counters do.
  std::vector<Fault> read() { return read_target(kernel_, counters_, ++now_ * kSecond); }
  std::vector<EventGroup> install(OpenedCpu opened) {
    return install_on(kernel_, counters_, std::move(opened), ++now_ * kSecond);
  }
  std::size_t index(std::string_view name) { return index_of(events_, name); }
  std::optional<std::uint64_t> total(std::string_view name) {
    const auto total = counters_.total(index(name));
    return total ? std::optional(static_cast<std::uint64_t>(*total)) : std::nullopt;
  }
  std::optional<EventStatus> status(std::string_view name) { return counters_.status(index(name)); }

  FakePerfKernel kernel_;
  EventSet events_ =
      events_named({"cycles", "instructions", "branches", "branch_misses", "page_faults"});
  GroupOpener opener_{kernel_, events_, {}, Guests::include};
  EventTraits traits_{events_};
  TargetCounters counters_{std::make_shared<const CpuInfo>(), traits_};
  RawCount now_ = 0;
};

TEST_F(TargetCountersTest, HasNothingBeforeItIsOpenedAndRead) {
  EXPECT_EQ(status("cycles"), std::nullopt);
  EXPECT_EQ(total("cycles"), std::nullopt);
  install(open());
  EXPECT_EQ(total("cycles"), std::nullopt) << "not read yet: absent, not 0";
  read();
  EXPECT_EQ(total("cycles"), 1000U);
  EXPECT_EQ(status("cycles"), EventStatus::counting);
  EXPECT_EQ(counters_.descriptors(), 5U);
  EXPECT_EQ(kernel_.enables(), 2U) << "one for each group";
  EXPECT_EQ(kernel_.reads(), 2U);
}

TEST_F(TargetCountersTest, TellsLeadersAndTheirTimes) {
  install(open());
  read();
  EXPECT_EQ(counters_.open_state()->leader_of(index("branch_misses")), index("cycles"));
  EXPECT_EQ(counters_.open_state()->leader_of(index("page_faults")), index("page_faults"));
  const auto times = counters_.times_led_by(index("cycles"));
  ASSERT_TRUE(times);
  EXPECT_EQ(static_cast<std::uint64_t>(times->enabled), kSecond);
  EXPECT_FALSE(counters_.times_led_by(index("branches"))) << "leads no group";
  const std::vector<std::size_t> leaders = {index("cycles")};
  std::vector<Cell> cells(events_.size());
  GroupCell group;
  counters_.show(cells.data(), leaders, &group);
  EXPECT_GT(group.read_time, 0U);
}

TEST_F(TargetCountersTest, WhatNeverRanHasNoSample) {
  kernel_.count(hardware(), course(1000, 0));
  install(open());
  read();
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), EventStatus::starved);
  EXPECT_EQ(total("page_faults"), 1000U);
}

TEST_F(TargetCountersTest, AMergedGroupThatSharesItsCountersAsksToBeTakenApart) {
  kernel_.count(hardware(), course(1000, 50));
  install(open());
  read();
  EXPECT_EQ(status("cycles"), EventStatus::multiplexed);
  EXPECT_EQ(total("cycles"), 1000U) << "500 seen in half the time";
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::apart);
  install(open(Arrangement::apart));
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  read();
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt) << "apart already";
  EXPECT_EQ(counters_.open_state()->leader_of(index("branch_misses")), index("branches"));
}

TEST_F(TargetCountersTest, TotalsAndTimesGoOnOverAReopening) {
  install(open());
  read();
  read();
  EXPECT_EQ(total("cycles"), 2000U);
  const auto old = install(open(Arrangement::apart));
  EXPECT_EQ(old.size(), 2U) << "handed out to be closed";
  read();
  EXPECT_EQ(total("cycles"), 4000U) << "2,000, a last reading of the old, one of the new";
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_led_by(index("cycles"))->enabled),
            4 * kSecond);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_led_by(index("branches"))->enabled),
            kSecond);
}

TEST_F(TargetCountersTest, TimesOfAFormerLeaderStayInTheSums) {
  install(open(Arrangement::apart));
  read();
  install(open(Arrangement::merged));
  read();
  EXPECT_FALSE(counters_.times_led_by(index("branches")));
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_ever_led_by(index("branches")).enabled),
            2 * kSecond);
}

TEST_F(TargetCountersTest, AFailedReadMakesItsGroupAbsentForThatReading) {
  install(open());
  read();
  kernel_.set_read_error(EIO, PERF_TYPE_HARDWARE);
  EXPECT_EQ(read().size(), 1U);
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), EventStatus::busy);
  EXPECT_FALSE(counters_.times_led_by(index("cycles")));
  EXPECT_EQ(total("page_faults"), 2000U);
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  kernel_.set_read_error(0);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(total("cycles"), 2000U);
}

TEST_F(TargetCountersTest, AReadThatGoesOnFailingIsToldAndItsCpuOpenedAnew) {
  install(open());
  read();
  kernel_.set_read_error(EIO, PERF_TYPE_HARDWARE);
  read();
  read();
  EXPECT_EQ(counters_.condition(index("cycles")).lack, Lack::none) << "it may pass";
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  read();
  EXPECT_EQ(counters_.condition(index("branches")).lack, Lack::unread);
  EXPECT_EQ(counters_.condition(index("branches")).error, EIO);
  EXPECT_EQ(counters_.condition(index("page_faults")).lack, Lack::none);
  EXPECT_TRUE(counters_.conditions_changed());
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::merged);
  install(open());
  for (int i = 0; i < 20; ++i) {
    read();
    EXPECT_EQ(counters_.wants_reopening(), std::nullopt) << "opened anew just now";
    EXPECT_FALSE(counters_.conditions_changed()) << "said once";
  }
  for (int i = 0; i < 10; ++i) {
    read();
  }
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::merged) << "once in 30 s";
  kernel_.set_read_error(0);
  install(open());
  read();
  EXPECT_EQ(counters_.condition(index("branches")).lack, Lack::none);
  EXPECT_EQ(status("cycles"), EventStatus::counting);
}

TEST_F(TargetCountersTest, AShortReadAsksForReopeningInTheSameArrangement) {
  install(open(Arrangement::apart));
  read();
  kernel_.set_read_limit(40);
  EXPECT_EQ(read().size(), 2U) << "the software group of one event is 40 bytes long";
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::apart);
}

TEST_F(TargetCountersTest, AStandingClockIsADeadGroup) {
  kernel_.count(hardware(), [](const perf_event_attr&, int, int) {
    return FakeCount{500, kSecond, kSecond};
  });
  install(open());
  read();
  EXPECT_EQ(total("cycles"), 500U);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  read();
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::merged);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.counted(index("cycles"))), 500U);
}

TEST_F(TargetCountersTest, AGroupThatCannotBeEnabledIsBusyAndHandedBack) {
  kernel_.set_control_error(EBUSY);
  const auto unused = install(open());
  EXPECT_EQ(unused.size(), 2U);
  EXPECT_EQ(counters_.descriptors(), 0U);
  EXPECT_EQ(status("cycles"), EventStatus::busy);
  ASSERT_NE(counters_.open_state()->refusal(index("cycles")), nullptr);
  EXPECT_EQ(counters_.open_state()->refusal(index("cycles"))->fault.code, EBUSY);
}

TEST_F(TargetCountersTest, ARefusedEventTellsWhy) {
  kernel_.refuse(hardware(), ENOENT);
  install(open());
  read();
  EXPECT_EQ(status("cycles"), EventStatus::unsupported);
  EXPECT_EQ(counters_.open_state()->refusal(index("cycles"))->fault.code, ENOENT);
  EXPECT_EQ(counters_.open_state()->refusal(index("page_faults")), nullptr);
  EXPECT_EQ(counters_.open_state()->leader_of(index("cycles")), std::nullopt);
}

TEST_F(TargetCountersTest, AnOfflineCpuHasNoData) {
  install(open());
  read();
  counters_.mark_offline();
  EXPECT_TRUE(counters_.is_offline());
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), std::nullopt);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.counted(index("cycles"))), 1000U)
      << "for the sums";
}

// Cycles and instructions count; of the others, those at these names stay at 0.
// A cgroup on a CPU, whose clocks go on as the test says.
class RestingTargetTest : public TargetCountersTest {
 protected:
  RestingTargetTest() {
    kernel_.count({}, [this](const perf_event_attr& attr, int, int) {
      const bool has_counter = attr.type != PERF_TYPE_HARDWARE || has_counters_;
      return FakeCount{has_counter ? ran_ * 1000 : 0, ran_ * kSecond,
                       has_counter ? ran_ * kSecond : 0};
    });
    install(opener_.open(Target::of_cgroup(7, CpuId{0}), Arrangement::merged, kPlenty));
  }

  std::uint64_t ran_ = 0;  // for seconds
  bool has_counters_ = true;
};

TEST_F(RestingTargetTest, WhatHasNeverRunHasCountedNothing) {
  for (int i = 0; i < 3; ++i) {
    read();
    for (const char* name : {"cycles", "branch_misses", "page_faults"}) {
      EXPECT_EQ(total(name), 0U) << name;
      EXPECT_EQ(status(name), EventStatus::counting) << name;
    }
  }
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  EXPECT_FALSE(counters_.came_back());
}

TEST_F(RestingTargetTest, ATotalStandsWhileItRests) {
  ran_ = 2;
  read();
  EXPECT_EQ(total("cycles"), 2000U);
  for (int i = 0; i < 100; ++i) {
    read();
  }
  EXPECT_EQ(total("cycles"), 2000U);
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt) << "idle, not dead";
  EXPECT_FALSE(counters_.came_back());
  ran_ = 3;
  read();
  EXPECT_EQ(total("cycles"), 3000U);
}

TEST_F(RestingTargetTest, WhatRunsWithoutACounterHasNoSample) {
  read();
  has_counters_ = false;
  ran_ = 1;
  read();
  EXPECT_EQ(status("cycles"), EventStatus::starved);
  EXPECT_EQ(total("cycles"), std::nullopt) << "not the 0 of one that rests";
  EXPECT_EQ(total("page_faults"), 1000U);
}

// A machine has few of them, however many targets.
TEST_F(TargetCountersTest, WhatWasOpenedAlikeSharesWhatOpeningCameTo) {
  OpenStates states;
  const auto shared = [&](int cpu, Arrangement arrangement) {
    const Target target = Target::of_cpu(CpuId{cpu});
    return states.share(opener_.open(target, arrangement, kPlenty), events_.size()).state;
  };
  const auto first = shared(0, Arrangement::merged);
  EXPECT_EQ(first, shared(1, Arrangement::merged));
  EXPECT_NE(first, shared(1, Arrangement::apart));
  kernel_.refuse(event_at(events_[index("branches")].encoding), EACCES);
  GroupOpener refused(kernel_, events_, {}, Guests::include);
  const auto other = states.share(
      refused.open(Target::of_cpu(CpuId{2}), Arrangement::merged, kPlenty), events_.size());
  EXPECT_NE(first, other.state);
  EXPECT_EQ(other.state->refusal(index("branches"))->fault.code, EACCES);
  EXPECT_EQ(first->refusal(index("branches")), nullptr) << "another's refusal is no one else's";
}

class LyingCountersTest : public testing::Test {
 protected:
  void open(const std::vector<std::string>& names, Arrangement arrangement = Arrangement::merged) {
    events_ = events_named(names);
    traits_.emplace(events_);
    counters_.emplace(std::make_shared<const CpuInfo>(), *traits_);
    opener_.emplace(kernel_, events_, std::vector<CorePmu>{}, Guests::include);
    install_on(kernel_, *counters_, opener_->open(Target::of_cpu(CpuId{0}), arrangement, kPlenty),
               0);
  }
  // The event counts nothing before its reading number `from`, then `rate` a reading.
  void silence(std::string_view name, int from = 1'000'000, std::uint64_t rate = 1000) {
    const auto row = std::find_if(event_catalog().begin(), event_catalog().end(),
                                  [&](const CatalogEvent& event) { return event.name == name; });
    kernel_.count(event_at(row->encoding), [from, rate](const perf_event_attr&, int, int n) {
      const auto seconds = static_cast<std::uint64_t>(n) + 1;
      const auto counted = n < from ? 0 : static_cast<std::uint64_t>(n - from + 1) * rate;
      return FakeCount{counted, seconds * kSecond, seconds * kSecond};
    });
  }
  // A second of running time a reading.
  void read(int readings = 1) {
    for (int i = 0; i < readings; ++i) {
      read_target(kernel_, *counters_, ++now_ * kSecond);
      changes_ += counters_->conditions_changed() ? 1 : 0;
    }
  }
  std::optional<std::uint64_t> total(std::string_view name) {
    const auto total = counters_->total(index_of(events_, name));
    return total ? std::optional(static_cast<std::uint64_t>(*total)) : std::nullopt;
  }
  std::optional<EventStatus> status(std::string_view name) {
    return counters_->status(index_of(events_, name));
  }
  bool is_silent_itself(std::string_view name) {
    std::vector<Cell> cells(events_.size());
    counters_->show(cells.data(), {}, nullptr);
    return cells[index_of(events_, name)].is_silent_itself;
  }
  std::vector<bool> marked(const std::vector<std::string>& names) {
    std::vector<bool> marks(events_.size());
    for (const std::string& name : names) {
      marks[index_of(events_, name)] = true;
    }
    return marks;
  }

  const std::vector<std::string> kPairs = {"cycles",      "instructions",  "ref_cycles",
                                           "branches",    "branch_misses", "cache_references",
                                           "cache_misses"};
  FakePerfKernel kernel_;
  EventSet events_;
  std::optional<EventTraits> traits_;
  std::optional<TargetCounters> counters_;
  std::optional<GroupOpener> opener_;
  RawCount now_ = 0;
  int changes_ = 0;
};

// A cloud guest: cycles and instructions are fine, cache references and misses open and stay 0.
TEST_F(LyingCountersTest, ASilentDenominatorTakesItsPartnerAlong) {
  silence("cache_references");
  silence("cache_misses");
  open(kPairs);
  read(59);
  for (const char* name : {"cache_references", "cache_misses"}) {
    EXPECT_EQ(total(name), std::nullopt) << name;
    EXPECT_EQ(status(name), std::nullopt) << "too early to say";
  }
  EXPECT_EQ(changes_, 0);
  read();
  for (const char* name : {"cache_references", "cache_misses"}) {
    EXPECT_EQ(total(name), std::nullopt) << name;
    EXPECT_EQ(status(name), EventStatus::silent) << name;
  }
  EXPECT_EQ(changes_, 1);
  EXPECT_TRUE(is_silent_itself("cache_references"));
  EXPECT_FALSE(is_silent_itself("cache_misses"));
  for (const char* name : {"cycles", "instructions", "ref_cycles", "branches", "branch_misses"}) {
    EXPECT_EQ(total(name), 60'000U) << name << ": of the same group, and not spoiled";
    EXPECT_EQ(status(name), EventStatus::counting);
  }
  read(100);
  EXPECT_EQ(changes_, 1) << "said once";
}

TEST_F(LyingCountersTest, MissesMayBeZero) {
  silence("cache_misses");
  silence("branch_misses");
  open(kPairs);
  read(120);
  EXPECT_EQ(total("cache_misses"), 0U);
  EXPECT_EQ(total("branch_misses"), 0U);
  EXPECT_EQ(status("branch_misses"), EventStatus::counting);
}

TEST_F(LyingCountersTest, SoftwareEventsMayBeZero) {
  silence("major_faults");
  open({"cycles", "instructions", "page_faults", "major_faults"});
  read(120);
  EXPECT_EQ(total("major_faults"), 0U);
}

TEST_F(LyingCountersTest, WhatMovesIsPublishedFromThenOn) {
  silence("branches", 70);
  open(kPairs);
  read(70);
  EXPECT_EQ(status("branches"), EventStatus::silent);
  read();
  EXPECT_EQ(status("branches"), EventStatus::counting);
  EXPECT_EQ(total("branches"), 1000U);
  EXPECT_EQ(total("branch_misses"), 1000U) << "over the same time as its partner";
  EXPECT_EQ(changes_, 2) << "silent and no more";
}

TEST_F(LyingCountersTest, WhatHasMovedIsShownAtOnceAfterAReopening) {
  open(kPairs);
  read(3);
  silence("branches");
  install_on(kernel_, *counters_,
             opener_->open(Target::of_cpu(CpuId{0}), Arrangement::apart, kPlenty), now_ * kSecond);
  read();
  EXPECT_EQ(status("branches"), EventStatus::counting);
  EXPECT_EQ(total("branches"), 4000U) << "a last reading of the old, none of the new yet";
}

// Not virtualised in many guests; IPC does not need them.
TEST_F(LyingCountersTest, SilentReferenceCyclesGoAlone) {
  silence("ref_cycles");
  open(kPairs);
  read(61);
  EXPECT_EQ(status("ref_cycles"), EventStatus::silent);
  EXPECT_EQ(status("cycles"), EventStatus::counting);
  EXPECT_EQ(status("instructions"), EventStatus::counting);
}

TEST_F(LyingCountersTest, SilentCyclesTakeTheRestOfTheirGroupAlongThoughItIsReadApart) {
  kernel_.set_group_capacity(2);
  silence("cycles");
  open(kPairs);
  ASSERT_EQ(counters_->open_state()->leader_of(index_of(events_, "ref_cycles")),
            index_of(events_, "ref_cycles"));
  read(61);
  for (const char* name : {"cycles", "instructions", "ref_cycles"}) {
    EXPECT_EQ(status(name), EventStatus::silent) << name;
  }
  EXPECT_EQ(status("branches"), EventStatus::counting);
}

// The CPU has executed nothing, by all that is known.
TEST_F(LyingCountersTest, NothingIsSilentForItsSilenceWhereInstructionsDoNotMoveEither) {
  silence("instructions");
  silence("branches");
  open(kPairs);
  read(120);
  EXPECT_EQ(status("instructions"), EventStatus::silent);
  EXPECT_EQ(status("branches"), std::nullopt);
  EXPECT_EQ(total("branches"), std::nullopt);
}

TEST_F(LyingCountersTest, WhereInstructionsAreNotCountedTheReadingIsTheWitness) {
  silence("branches");
  open({"branches", "branch_misses"});
  read(60);
  EXPECT_EQ(status("branches"), EventStatus::silent);
  EXPECT_EQ(status("branch_misses"), EventStatus::silent);
}

TEST_F(LyingCountersTest, AMinuteWithoutACounterIsNoMinute) {
  kernel_.count(event_at(events_named({"branches"})[0].encoding),
                [](const perf_event_attr&, int, int n) {
                  const auto seconds = static_cast<std::uint64_t>(n) + 1;
                  return FakeCount{0, seconds * kSecond, seconds * kSecond / 2};
                });
  open({"branches"});
  read(119);
  EXPECT_EQ(status("branches"), std::nullopt);
  read();
  EXPECT_EQ(status("branches"), EventStatus::silent);
}

TEST_F(LyingCountersTest, UntrustedEventsAreWithheldAndWhatTheyCountedIsLeftOut) {
  open(kPairs);
  read(2);
  counters_->set_untrusted(marked({"cycles", "instructions", "ref_cycles"}));
  EXPECT_EQ(status("cycles"), EventStatus::untrusted) << "at once";
  EXPECT_EQ(total("cycles"), std::nullopt);
  read(3);
  EXPECT_EQ(status("instructions"), EventStatus::untrusted);
  EXPECT_EQ(status("branches"), EventStatus::counting);
  EXPECT_EQ(total("branches"), 5000U);
  counters_->set_untrusted({});
  EXPECT_EQ(total("cycles"), std::nullopt) << "until its next reading";
  read();
  EXPECT_EQ(status("cycles"), EventStatus::counting);
  EXPECT_EQ(total("cycles"), 2000U) << "goes on from where it was";
  read();
  EXPECT_EQ(total("cycles"), 3000U);
}

TEST_F(LyingCountersTest, AReopeningDoesNotLetUntrustedCountsIn) {
  open(kPairs);
  read(2);
  counters_->set_untrusted(marked({"branches", "branch_misses"}));
  read();
  install_on(kernel_, *counters_,
             opener_->open(Target::of_cpu(CpuId{0}), Arrangement::apart, kPlenty), now_ * kSecond);
  read();
  counters_->set_untrusted({});
  read();
  EXPECT_EQ(total("branches"), 2000U);
  EXPECT_EQ(total("cycles"), 6000U) << "four readings of the old group, two of the new";
}

TEST_F(LyingCountersTest, ARefusalOrALackOfCountersIsSaidFirst) {
  kernel_.refuse(event_at(events_named({"cache_misses"})[0].encoding), ENOENT);
  kernel_.count(event_at(events_named({"branches"})[0].encoding), course(1000, 0));
  open({"branches", "cache_references", "cache_misses"}, Arrangement::apart);
  counters_->set_untrusted(marked({"branches", "cache_references", "cache_misses"}));
  read();
  EXPECT_EQ(status("branches"), EventStatus::starved);
  EXPECT_EQ(status("cache_references"), EventStatus::untrusted);
  EXPECT_EQ(status("cache_misses"), EventStatus::unsupported);
}

}  // namespace
}  // namespace perf_exporter
