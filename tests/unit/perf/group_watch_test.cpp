#include "perf/group_watch.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

constexpr RawCount kMs = 1'000'000;

// All times in ms.
GroupState look(GroupWatch& watch, RawCount enabled, RawCount running, RawCount now) {
  return watch.observe(enabled * kMs, running * kMs, now * kMs);
}

TEST(GroupWatch, CountsWhileItRunsWheneverItIsEnabled) {
  GroupWatch watch;
  EXPECT_EQ(look(watch, 10, 10, 100), GroupState::counting);
  EXPECT_EQ(look(watch, 15'010, 15'010, 15'100), GroupState::counting);
}

TEST(GroupWatch, ARunningTimeShortByRoundingIsCounting) {
  GroupWatch watch;
  EXPECT_EQ(watch.observe(1'000'000'000, 999'500'000, 0), GroupState::counting);
  EXPECT_EQ(watch.observe(2'000'000'000, 1'990'000'000, 1'000'000'000), GroupState::multiplexed);
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

TEST(GroupWatch, IsDeadOnceItsClockHasStoodStillForASecond) {
  GroupWatch watch;
  look(watch, 1000, 1000, 1000);
  EXPECT_EQ(look(watch, 1000, 1000, 1999), GroupState::counting);
  EXPECT_EQ(look(watch, 1000, 1000, 2000), GroupState::dead);
  EXPECT_EQ(look(watch, 1000, 1000, 60'000), GroupState::dead);
}

TEST(GroupWatch, AStandingClockKeepsTheStateWithinASecond) {
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
