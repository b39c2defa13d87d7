#include "fakes/scaled_event.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace perf_exporter {
namespace {

constexpr RawCount kMs = 1'000'000;
constexpr RawCount kSecond = 1000 * kMs;

std::uint64_t low(Count count) {
  return static_cast<std::uint64_t>(count);
}

// Times in ms.
EventReading at(RawCount value, RawCount enabled_ms, RawCount running_ms) {
  return {value, enabled_ms * kMs, running_ms * kMs};
}

std::uint64_t total_after(const std::vector<EventReading>& readings) {
  ScaledEvent scaler;
  for (const EventReading& reading : readings) {
    scaler.update(reading);
  }
  return low(scaler.total());
}

TEST(GroupScaler, TakesWhatRanThroughoutAsItIs) {
  EXPECT_EQ(total_after({at(7, 1, 1), at(7, 2, 2), at(1'000'003, 3, 3)}), 1'000'003U);
}

TEST(GroupScaler, ScalesWhatWasSeenByTheTimeThatWasNot) {
  EXPECT_EQ(total_after({at(100, 100, 50)}), 200U);
  EXPECT_EQ(total_after({at(100, 100, 50), at(150, 200, 75)}), 400U) << "50 * 100 / 25 more";
}

// Scaled by their lifetimes these readings give 200, 185, 236 and 311: the second is a fall.
TEST(GroupScaler, HoldsWhereALifetimeWouldFall) {
  ScaledEvent scaler;
  scaler.update(at(100, 100, 50));
  EXPECT_EQ(low(scaler.total()), 200U);
  scaler.update(at(101, 110, 60));
  EXPECT_EQ(low(scaler.total()), 201U) << "it ran all of these 10 ms";
  scaler.update(at(101, 140, 60));
  EXPECT_EQ(low(scaler.total()), 201U) << "it has not run since";
  scaler.update(at(140, 200, 90));
  EXPECT_EQ(low(scaler.total()), 318U) << "39 * 90 / 30 since the held baseline";
}

TEST(GroupScaler, HoldsTheBaselineUntilItHasRunForLongEnough) {
  ScaledEvent scaler;
  scaler.update(at(100, 100, 50));
  scaler.update(at(110, 130, 60));
  scaler.update(at(120, 160, 74));
  EXPECT_EQ(low(scaler.total()), 200U) << "24 ms tell too little";
  scaler.update(at(125, 162, 75));
  EXPECT_EQ(low(scaler.total()), 262U) << "25 * 62 / 25";
}

TEST(GroupScaler, HoldsShortReadingsUntilClosed) {
  ScaledEvent scaler;
  for (const EventReading& reading :
       {at(100, 10, 5), at(101, 11, 5), at(101, 14, 6), at(140, 20, 9)}) {
    scaler.update(reading);
    EXPECT_EQ(low(scaler.total()), 0U);
  }
  scaler.close();
  EXPECT_EQ(low(scaler.total()), 311U) << "140 * 20 / 9";
}

TEST(GroupScaler, HasATotalOnceABaselineWasSettled) {
  ScaledEvent shared;
  shared.update(at(100, 48, 24));
  EXPECT_FALSE(shared.has_total()) << "24 ms tell too little";
  shared.update(at(100, 50, 25));
  EXPECT_TRUE(shared.has_total());
  shared.close();
  EXPECT_TRUE(shared.has_total()) << "what was told stays";
  ScaledEvent alone;
  alone.update(at(0, 1, 1));
  EXPECT_TRUE(alone.has_total()) << "a count of 0";
  ScaledEvent nearly;
  nearly.update({2000, kMs, kMs - 500});
  EXPECT_TRUE(nearly.has_total()) << "1/2000 short";
  EXPECT_EQ(low(nearly.total()), 2001U);
}

TEST(GroupScaler, WhatNeverHadACounterHasNoTotal) {
  ScaledEvent scaler;
  scaler.update(at(0, 10, 0));
  scaler.starve(at(0, 2000, 0));
  EXPECT_FALSE(scaler.has_total());
}

TEST(GroupScaler, NeverExtrapolatesFromASliver) {
  ScaledEvent scaler;
  scaler.update(at(1000, 1000, 1000));
  // 30 ms of 10 s: more than 25 ms, but less than 1 % of the time.
  scaler.update(at(1300, 11'000, 1030));
  EXPECT_EQ(low(scaler.total()), 1000U);
  scaler.close();
  EXPECT_EQ(low(scaler.total()), 1300U) << "what was seen counts, unscaled";
}

TEST(GroupScaler, StarvedTimeIsNotExtrapolatedOver) {
  ScaledEvent scaler;
  scaler.update(at(1000, 1000, 1000));
  scaler.starve(at(1000, 3000, 1000));
  scaler.starve(at(1000, 60'000, 1000));
  EXPECT_EQ(low(scaler.total()), 1000U);
  scaler.update(at(1010, 60'100, 1050));
  EXPECT_EQ(low(scaler.total()), 1020U) << "10 * 100 / 50, not 10 * 59,100 / 50";
}

TEST(GroupScaler, StarvingSettlesWhatWasHeld) {
  ScaledEvent scaler;
  scaler.update(at(100, 100, 50));
  scaler.update(at(110, 130, 60));
  EXPECT_EQ(low(scaler.total()), 200U);
  scaler.starve(at(110, 3000, 60));
  EXPECT_EQ(low(scaler.total()), 230U) << "10 * 30 / 10, and nothing for the 2,870 ms";
}

TEST(GroupScaler, AfterClosingANewEventStartsFromZero) {
  ScaledEvent scaler;
  scaler.update(at(500, 1000, 1000));
  scaler.close();
  scaler.update(at(5, 10, 10));
  EXPECT_EQ(low(scaler.total()), 505U);
  scaler.close();
  scaler.close();
  EXPECT_EQ(low(scaler.total()), 505U);
}

TEST(GroupScaler, AReadingThatRunsBackwardsAddsNothing) {
  ScaledEvent scaler;
  scaler.update(at(500, 1000, 1000));
  scaler.update(at(400, 2000, 2000));
  EXPECT_EQ(low(scaler.total()), 500U);
  scaler.starve(at(300, 1000, 1000));
  EXPECT_EQ(low(scaler.total()), 500U);
  scaler.update(at(310, 2000, 2000));
  EXPECT_EQ(low(scaler.total()), 510U);
}

TEST(GroupScaler, TenYearsOfFiveGigahertzOn256Cpus) {
  constexpr RawCount kTenYears = RawCount{10} * 365 * 24 * 3600 * kSecond;
  constexpr RawCount kCycles = kTenYears * 5;
  Count sum = 0;
  for (int cpu = 0; cpu < 256; ++cpu) {
    ScaledEvent scaler;
    scaler.update({kCycles / 4, kTenYears / 2, kTenYears / 4});
    scaler.update({kCycles / 2, kTenYears, kTenYears / 2});
    EXPECT_EQ(low(scaler.total()), kCycles);
    sum += scaler.total();
  }
  EXPECT_GT(sum, Count{std::numeric_limits<RawCount>::max()});
  EXPECT_EQ(low(sum / 256), kCycles);
  EXPECT_EQ(low(sum % 256), 0U);
}

TEST(GroupScaler, ATotalThatCanGrowNoMoreStandsStill) {
  constexpr RawCount kMax = std::numeric_limits<RawCount>::max();
  ScaledEvent scaler;
  scaler.update({kMax / 2 - 1, kMax / 2, kMax / 2});
  EXPECT_EQ(low(scaler.total()), Tally::kMost - 1);
  scaler.update({kMax / 2 + 5, kMax / 2 + 1, kMax / 2 + 1});
  EXPECT_EQ(low(scaler.total()), Tally::kMost) << "6 more would need another bit";
  scaler.update({kMax, kMax, kMax / 2 + 1'000'000'000'000'000});
  EXPECT_EQ(low(scaler.total()), Tally::kMost) << "scaled, too";
  EXPECT_TRUE(scaler.has_total());
}

// The clocks are the group's, what is left out is a member's.
TEST(GroupScaler, AMemberThatIsLeftOutWaitsForTheNextBaseline) {
  constexpr std::array<std::size_t, 2> kEvents = {1, 0};
  std::array<Tally, 2> tallies;
  std::array<Use, 2> uses = {Use::counted, Use::counted};
  GroupScaler scaler;
  GroupReading reading;
  GroupClocks before;
  const auto read = [&](RawCount value, RawCount enabled_ms, RawCount running_ms) {
    reading.enabled = enabled_ms * kMs;
    reading.running = running_ms * kMs;
    reading.members = {{value, 1}, {value * 10, 2}};
    scaler.update(before, reading, {kEvents, tallies, uses});
    before = reading;
  };
  read(100, 100, 100);
  EXPECT_EQ(low(tallies[1].total), 100U);
  EXPECT_EQ(low(tallies[0].total), 1000U);
  uses[0] = Use::left_out;
  read(110, 102, 101);  // held
  uses[0] = Use::counted;
  read(120, 104, 102);  // held
  read(200, 200, 150);
  EXPECT_EQ(low(tallies[1].total), 300U) << "100 * 100 / 50 more";
  EXPECT_EQ(low(tallies[0].total), 1000U) << "nothing between these two baselines";
  read(210, 300, 200);
  EXPECT_EQ(low(tallies[1].total), 320U);
  EXPECT_EQ(low(tallies[0].total), 1200U);
}

// 1,000 cgroups on 64 CPUs: what each costs counts.
static_assert(sizeof(Tally) == 16);
static_assert(sizeof(GroupScaler) == sizeof(void*));

TEST(GroupScaler, WhatIsSkippedIsNeverAdded) {
  ScaledEvent scaler;
  scaler.update(at(100, 100, 100));
  scaler.skip(at(1'000'000, 200, 200));
  EXPECT_EQ(low(scaler.total()), 100U);
  scaler.update(at(1'000'007, 300, 300));
  EXPECT_EQ(low(scaler.total()), 107U);
  scaler.update(at(1'000'008, 302, 301));  // held
  scaler.skip(at(1'000'009, 304, 302));
  scaler.close();
  EXPECT_EQ(low(scaler.total()), 107U);
}

}  // namespace
}  // namespace perf_exporter
