#include "perf/group_watch.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

constexpr RawCount kMs = 1'000'000;

// All times in ms.
GroupState look(GroupWatch& watch, RawCount enabled, RawCount running, RawCount now,
                RawCount excused_until = 0) {
  return watch.observe({enabled * kMs, running * kMs}, {now * kMs, now * kMs}, excused_until * kMs);
}

TEST(GroupWatch, CountsWhileItRunsWheneverItIsEnabled) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 10, 10, 100), GroupState::counting);
  EXPECT_EQ(look(watch, 15'010, 15'010, 15'100), GroupState::counting);
}

TEST(GroupWatch, ARunningTimeShortByRoundingIsCounting) {
  GroupWatch watch;
  EXPECT_EQ(watch.observe({1'000'000'000, 999'500'000}, {0, 0}), GroupState::counting);
  EXPECT_EQ(watch.observe({2'000'000'000, 1'990'000'000}, {1'000'000'000, 1'000'000'000}),
            GroupState::multiplexed);
}

TEST(GroupWatch, IsMultiplexedWhileItSharesAndCountsAgainAfterwards) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 1000, 500, 1000), GroupState::multiplexed);
  EXPECT_EQ(look(watch, 2000, 1500, 2000), GroupState::counting);
  EXPECT_EQ(look(watch, 2500, 1500, 2500), GroupState::multiplexed) << "half a second without";
}

TEST(GroupWatch, StarvesWithoutACounterForMoreThanASecond) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 2000, 1000, 2000), GroupState::multiplexed) << "a second, not more";
  EXPECT_EQ(look(watch, 2001, 1000, 2001), GroupState::starved);
  EXPECT_EQ(look(watch, 9000, 1000, 9000), GroupState::starved);
  EXPECT_EQ(look(watch, 9100, 1050, 9100), GroupState::multiplexed);
}

TEST(GroupWatch, WhatHasNeverRunIsStarvedAtOnce) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 1, 0, 1000), GroupState::starved);
  EXPECT_EQ(look(watch, 2, 1, 1001), GroupState::counting);
}

TEST(GroupWatch, ASliverOfTheTimeIsStarvation) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 500, 4, 500), GroupState::multiplexed) << "too early to tell";
  EXPECT_EQ(look(watch, 15'000, 140, 15'000), GroupState::starved);
  EXPECT_EQ(look(watch, 30'000, 280, 30'000), GroupState::starved);
}

// It comes back at twice the share at which it went.
TEST(GroupWatch, AShareAroundOnePercentDoesNotFlap) {
  GroupWatch watch;
  look(watch, 10'000, 10'000, 10'000);
  EXPECT_EQ(look(watch, 20'000, 10'101, 20'000), GroupState::multiplexed) << "above 1 %";
  EXPECT_EQ(look(watch, 30'000, 10'200, 30'000), GroupState::starved) << "below";
  EXPECT_EQ(look(watch, 40'000, 10'350, 40'000), GroupState::starved) << "1.5 %";
  EXPECT_EQ(look(watch, 50'000, 10'550, 50'000), GroupState::multiplexed) << "2 %";
  EXPECT_EQ(look(watch, 60'000, 10'700, 60'000), GroupState::multiplexed) << "1.5 %";
}

TEST(GroupWatch, WhatIsStarvedIsSoUntilItHasRunForLongEnough) {
  GroupWatch watch;
  look(watch, 10'000, 50, 10'000);
  EXPECT_EQ(look(watch, 10'100, 60, 10'100), GroupState::starved) << "10 ms";
  EXPECT_EQ(look(watch, 10'200, 70, 10'200), GroupState::starved) << "20 ms";
  EXPECT_EQ(look(watch, 10'300, 80, 10'300), GroupState::multiplexed) << "30 ms of 300";
}

TEST(GroupWatch, AWindowBeginsWhereAStarvedGroupRunsAgain) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  look(watch, 2001, 1000, 2001);
  EXPECT_TRUE(watch.window_begins()) << "found starved";
  look(watch, 2500, 1000, 2500);
  EXPECT_TRUE(watch.window_begins()) << "half a second without a counter";
  EXPECT_EQ(look(watch, 2520, 1010, 2520), GroupState::starved) << "10 ms tell too little";
  EXPECT_FALSE(watch.window_begins());
  EXPECT_EQ(look(watch, 2540, 1026, 2540), GroupState::multiplexed) << "26 of 40 ms";
}

TEST(GroupWatch, InThePlaceOfOneThatCountedItHasASecondToRun) {
  GroupWatch watch(GroupState::multiplexed);
  EXPECT_EQ(look(watch, 1, 0, 1000), GroupState::multiplexed);
  EXPECT_EQ(look(watch, 1000, 0, 2000), GroupState::multiplexed);
  EXPECT_EQ(look(watch, 1001, 0, 2001), GroupState::starved);
}

TEST(GroupWatch, IsDeadAtOnceWhereItsClockStoodStill) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1000, 1000, 1019), GroupState::counting) << "too short to tell";
  EXPECT_EQ(look(watch, 1000, 1000, 1039), GroupState::dead);
  EXPECT_EQ(look(watch, 1000, 1000, 60'000), GroupState::dead);
}

TEST(GroupWatch, IsDeadWhereItsClockStoodStillForMoreThanHalfOfTheTime) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 8'600, 8'600, 16'000), GroupState::counting);
  EXPECT_EQ(look(watch, 16'000, 16'000, 31'000), GroupState::dead);
}

// The kernel may have taken the one reading as late as that call ended, the next as soon as its
// call began.
TEST(GroupWatch, TimeSpentInTheCallsIsNoStandingClock) {
  GroupWatch watch;
  watch.observe({10 * kMs, 10 * kMs}, {10 * kMs, 900 * kMs});
  EXPECT_EQ(watch.observe({20 * kMs, 20 * kMs}, {910 * kMs, 1800 * kMs}), GroupState::counting);
}

TEST(GroupWatch, CountersThatWereBorrowedAreNotShared) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1050, 1046, 1050, 1100), GroupState::counting);
  EXPECT_EQ(look(watch, 1500, 1492, 1500, 1100), GroupState::counting) << "begun before the end";
  EXPECT_FALSE(look(watch, 2000, 1988, 2000, 1100) == GroupState::counting) << "that is over";
}

TEST(GroupWatch, WhatSharedItsCountersOrHadNoneIsNotExcused) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 1000, 500, 1000, 5000), GroupState::multiplexed) << "at the first reading";
  EXPECT_EQ(look(watch, 2000, 1000, 2000, 5000), GroupState::multiplexed);
  EXPECT_FALSE(watch.is_excused());
}

TEST(GroupWatch, AClockThatStandsStillIsNotExcused) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1000, 1000, 1500, 5000), GroupState::dead);
}

TEST(GroupWatch, AClockThatStopsInGuestsMayStandForASecond) {
  GroupWatch watch(GroupState::starved, GroupClock::stops_in_guests);
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1001, 1001, 16'000), GroupState::counting);
  EXPECT_EQ(look(watch, 1001, 1001, 16'999), GroupState::counting);
  EXPECT_EQ(look(watch, 1001, 1001, 17'000), GroupState::dead);
}

TEST(GroupWatch, WhatMayRestIsNeverDead) {
  GroupWatch watch(GroupState::starved, GroupClock::may_rest);
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1000, 1000, 3'600'000), GroupState::counting) << "an hour";
  EXPECT_EQ(look(watch, 1001, 1001, 3'600'100), GroupState::counting);
  EXPECT_EQ(look(watch, 2100, 1001, 3'700'000), GroupState::starved) << "it ran without a counter";
}

TEST(GroupWatch, WhatHasOnlyRestedCountsNothingAndLacksNothing) {
  GroupWatch idle(GroupState::starved, GroupClock::may_rest);
  EXPECT_EQ(look(idle, 0, 0, 1000), GroupState::counting);
  EXPECT_EQ(look(idle, 0, 0, 90'000), GroupState::counting);
  EXPECT_EQ(look(idle, 5, 0, 91'000), GroupState::starved) << "it runs, without a counter";
  GroupWatch whole(GroupState::starved, GroupClock::may_rest);
  look(whole, 0, 0, 1000);
  EXPECT_EQ(look(whole, 5, 5, 91'000), GroupState::counting);
  GroupWatch always(GroupState::starved, GroupClock::always_runs);
  EXPECT_EQ(look(always, 0, 0, 1), GroupState::starved);
}

TEST(GroupWatch, AReadingThatIsNotTakenInTellsWhetherItIsDead) {
  GroupWatch watch;
  EXPECT_FALSE(watch.is_dead_at({0, 0}, {0, 0})) << "nothing to compare it with";
  look(watch, 1000, 1000, 1000);
  EXPECT_TRUE(watch.is_dead_at({1000 * kMs, 1000 * kMs}, {2000 * kMs, 2000 * kMs}));
  EXPECT_FALSE(watch.is_dead_at({1990 * kMs, 1000 * kMs}, {2000 * kMs, 2000 * kMs}));
  EXPECT_EQ(watch.clocks().enabled, 1000 * kMs);
  EXPECT_EQ(watch.state(), GroupState::counting);
}

TEST(GroupWatch, AStandingClockKeepsTheStateForAMoment) {
  GroupWatch watch;
  look(watch, 1000, 500, 1000);
  EXPECT_EQ(look(watch, 1000, 500, 1001), GroupState::multiplexed);
  GroupWatch starved;
  look(starved, 1000, 0, 1000);
  EXPECT_EQ(look(starved, 1000, 0, 1001), GroupState::starved);
}

TEST(GroupWatch, ALongPauseBetweenReadingsIsNoDeath) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 61'000, 61'000, 61'000), GroupState::counting);
}

}  // namespace
}  // namespace perf_exporter
