#include "collectors/counting/event_conditions.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace perf_exporter {
namespace {

constexpr RawCount kSecond = 1'000'000'000;
constexpr RawCount kMillisecond = 1'000'000;

ReadFault refused(int error) {
  return {ReadFault::Lies::in_call, {error, ""}};
}

// Two events that form a group, and one for itself.
class EventConditionsTest : public testing::Test {
 protected:
  // The group is read after `enabled` ns more, of which it ran for `percent`.
  void pass(RawCount enabled, RawCount percent, GroupState state = GroupState::multiplexed) {
    times_.enabled += enabled;
    times_.running += enabled / 100 * percent;
    conditions_.note_times(group_, times_, state, window_);
  }
  Lack lack(std::size_t event = 0) { return conditions_.of(event).lack; }

  const std::vector<std::size_t> group_ = {0, 1};
  EventConditions conditions_{3};
  GroupClocks times_;
  GroupClocks window_;
};

TEST_F(EventConditionsTest, WhatHasItsCounterAllTheTimeLacksNothing) {
  pass(kSecond, 100, GroupState::counting);
  pass(kSecond, 99);
  EXPECT_EQ(lack(), Lack::none);
  EXPECT_FALSE(conditions_.take_change());
}

TEST_F(EventConditionsTest, AShareIsToldOfAllItsGroupFromTheFirstReadingOn) {
  pass(kSecond, 75);
  EXPECT_EQ(lack(0), Lack::shared);
  EXPECT_EQ(lack(1), Lack::shared);
  EXPECT_EQ(lack(2), Lack::none);
  EXPECT_EQ(conditions_.of(1).percent, 75U);
  EXPECT_TRUE(conditions_.take_change());
  EXPECT_FALSE(conditions_.take_change()) << "taken";
}

TEST_F(EventConditionsTest, AnotherShareIsNoChange) {
  pass(kSecond, 75);
  EXPECT_TRUE(conditions_.take_change());
  for (const RawCount percent : {60U, 90U, 20U}) {
    pass(kSecond, percent);
    EXPECT_EQ(conditions_.of(0).percent, percent);
  }
  EXPECT_FALSE(conditions_.take_change());
}

TEST_F(EventConditionsTest, TooShortATimeSaysNothingUntilItAddsUp) {
  for (int i = 0; i < 4; ++i) {
    pass(10 * kMillisecond, 0, GroupState::starved);
    EXPECT_EQ(lack(), Lack::none);
  }
  pass(10 * kMillisecond, 0, GroupState::starved);
  EXPECT_EQ(lack(), Lack::taken);
}

TEST_F(EventConditionsTest, ASharedCounterIsSharedUntilItHasNotBeenForLong) {
  pass(kSecond, 50);
  for (int i = 0; i < 29; ++i) {
    pass(kSecond, 100, GroupState::counting);
  }
  pass(kSecond, 50);
  EXPECT_TRUE(conditions_.take_change());
  for (int i = 0; i < 29; ++i) {
    pass(kSecond, 100, GroupState::counting);
    EXPECT_EQ(lack(), Lack::shared);
  }
  EXPECT_FALSE(conditions_.take_change()) << "it does not flap";
  pass(kSecond, 100, GroupState::counting);
  EXPECT_EQ(lack(), Lack::none);
  EXPECT_TRUE(conditions_.take_change());
}

TEST_F(EventConditionsTest, WhatNeverRunsHasItsCounterTakenUntilItRuns) {
  pass(15 * kSecond, 0, GroupState::starved);
  EXPECT_EQ(lack(), Lack::taken) << "from the first reading on";
  EXPECT_TRUE(conditions_.take_change());
  pass(15 * kSecond, 0, GroupState::starved);
  EXPECT_FALSE(conditions_.take_change());
  pass(15 * kSecond, 60);
  EXPECT_EQ(lack(), Lack::shared);
  pass(15 * kSecond, 0, GroupState::starved);
  pass(15 * kSecond, 100, GroupState::counting);
  EXPECT_EQ(lack(), Lack::none);
}

TEST_F(EventConditionsTest, OutlastsTheReopeningOfAGroup) {
  pass(15 * kSecond, 0, GroupState::starved);
  window_ = times_ = {};
  pass(10 * kMillisecond, 0, GroupState::starved);
  EXPECT_EQ(lack(), Lack::taken) << "nothing else is known yet";
  conditions_.forget(0);
  EXPECT_EQ(lack(0), Lack::none);
  EXPECT_EQ(lack(1), Lack::taken);
}

TEST_F(EventConditionsTest, AGroupThatIsPartedSharesToAnUnknownExtent) {
  conditions_.note_parting(group_);
  EXPECT_EQ(lack(), Lack::shared);
  EXPECT_FALSE(conditions_.of(0).percent);
  EXPECT_TRUE(conditions_.take_change());
  pass(kSecond, 66);
  EXPECT_EQ(conditions_.of(0).percent, 66U);
  EXPECT_TRUE(conditions_.take_change()) << "now it is known";
  conditions_.note_parting(group_);
  EXPECT_EQ(conditions_.of(0).percent, 66U) << "what is known already stays";
}

TEST_F(EventConditionsTest, AFailureIsToldUntilAReadingSucceeds) {
  conditions_.note_failure(group_, refused(EIO));
  EXPECT_EQ(lack(), Lack::unread);
  EXPECT_EQ(conditions_.of(1).error, EIO);
  EXPECT_TRUE(conditions_.take_change());
  conditions_.note_failure(group_, refused(EIO));
  EXPECT_FALSE(conditions_.take_change());
  conditions_.note_failure(group_, refused(ENXIO));
  EXPECT_TRUE(conditions_.take_change());
  pass(kMillisecond, 100);
  EXPECT_EQ(lack(), Lack::none);
  EXPECT_TRUE(conditions_.take_change());
}

TEST_F(EventConditionsTest, AReadingThatIsShortIsNoErrno) {
  conditions_.note_failure(group_, {ReadFault::Lies::in_members, {0, ""}});
  EXPECT_EQ(lack(), Lack::cut_short);
  EXPECT_TRUE(conditions_.take_change());
  pass(kMillisecond, 100);
  EXPECT_EQ(lack(), Lack::none);
}

TEST_F(EventConditionsTest, AClockThatStandsStillSaysNothingOfCounters) {
  pass(kSecond, 75);
  pass(kSecond, 0, GroupState::dead);
  EXPECT_EQ(conditions_.of(0).percent, 75U);
}

}  // namespace
}  // namespace perf_exporter
