// The exporter beside another user of the PMU. Whatever the other does, no counter may fall, and
// none may rise by more than was executed: an estimate may be off by what the load varies; more is
// a jump.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "kernel/competition.h"
#include "kernel/perf_user.h"

namespace perf_exporter {
namespace {

// Estimates of a second or more of a bursty load (multiplexing_test.cpp): a few per cent, three
// times over. What is held back is added within 0.2 s.
constexpr double kShareBound = 0.15;
constexpr double kTimeBound = 0.2;  // s of load

class Competition : public CompetitionTest {
 protected:
  void take_and_give_back(Load load);
};

std::string in_words(const Point& from, const Point& to) {
  char text[120];
  std::snprintf(text, sizeof text, "shown %.4g of %.4g executed, running/enabled %.3f",
                *to.shown - *from.shown, to.known - from.known,
                (to.running - from.running) / (to.enabled - from.enabled));
  return text;
}

// No value of `points` is more above that of `from` than was executed since: but for the bounds,
// and for `missed`, executed while nobody could count it.
void expect_no_jump(const Point& from, const std::vector<Point>& points, double load_rate,
                    double missed = 0) {
  double worst = 0;
  double above_bound = 0;
  for (const Point& point : points) {
    if (point.shown) {
      const double executed = point.known - from.known - missed;
      const double excess = *point.shown - *from.shown - executed;
      worst = std::max(worst, excess);
      above_bound = std::max(above_bound, excess - kShareBound * executed - kTimeBound * load_rate);
    }
  }
  report("most_above_the_executed_in_seconds_of_load", std::to_string(worst / load_rate));
  EXPECT_EQ(above_bound, 0);
}

// How many of `points` show a status.
std::ptrdiff_t number_with(const std::vector<Point>& points, bool Point::*status) {
  return std::count_if(points.begin(), points.end(),
                       [status](const Point& point) { return point.*status; });
}

TEST_F(Competition, TakingTurnsWithOthers) {
  const std::size_t counters = counters_for_instructions(cpu());
  const Point before = scrape(Load::bursty);
  ASSERT_TRUE(before.shown);
  std::vector<Point> points;
  {
    const auto other = PerfUser::sharing(kInstructions, cpu(), 2 * counters);
    points = scrape_times(1000, Load::bursty);
  }
  const Point& last = points.back();
  ASSERT_TRUE(last.shown) << "a multiplexed event has data";
  report("beside_others", in_words(before, last));
  // Within a few milliseconds it may well run throughout: that scrape says so.
  report("scrapes_that_show_multiplexed", std::to_string(number_with(points, &Point::multiplexed)));
  EXPECT_GT(number_with(points, &Point::multiplexed), 100);
  EXPECT_EQ(number_with(points, &Point::starved), 0);
  EXPECT_LT(last.running - before.running, 0.9 * (last.enabled - before.enabled));
  EXPECT_GT(last.running, before.running);
  expect_no_jump(before, points, load_rate());
  EXPECT_GE(*last.shown - *before.shown,
            (1 - kShareBound) * (last.known - before.known) - kTimeBound * load_rate());

  const auto after = scrape_times(100, Load::bursty);
  ASSERT_TRUE(after.back().shown);
  EXPECT_TRUE(after.back().counting) << "alone again, it counts without turns";
  report("alone_again", in_words(after.front(), after.back()));
  EXPECT_EQ(monotony().falls(), 0);
}

// Takes every counter away for longer than the second after which an event without one is starved.
void Competition::take_and_give_back(Load load) {
  const auto before = scrape_times(40, Load::bursty);
  const Point& from = before.back();
  ASSERT_TRUE(from.shown);
  std::vector<Point> meanwhile;
  {
    const auto other = PerfUser::taking_all(kCycles, cpu());
    meanwhile = scrape_times(300, load);
  }
  const Point& without = meanwhile.back();
  EXPECT_FALSE(without.shown) << "what has had no counter for a second is absent, not flat";
  EXPECT_TRUE(without.starved);
  EXPECT_TRUE(without.taken_is_said);
  EXPECT_GT(without.enabled - from.enabled, 1.0);
  EXPECT_LT(without.running - from.running, 0.1);
  expect_no_jump(from, meanwhile, load_rate());

  const auto after = scrape_times(100, Load::bursty);
  const Point& to = after.back();
  ASSERT_TRUE(to.shown);
  EXPECT_TRUE(to.counting);
  report("given_back", in_words(from, to));
  expect_no_jump(from, after, load_rate(), without.known - from.known);
  EXPECT_GE(*to.shown - *from.shown, 0.95 * (to.known - after.front().known));
  // Findings are reported once a second at the most.
  EXPECT_FALSE(scrape_times(400, Load::bursty).back().taken_is_said);
}

TEST_F(Competition, CountersAreTakenUnderLoadAndGivenBack) {
  take_and_give_back(Load::bursty);
  take_and_give_back(Load::bursty);
  EXPECT_EQ(monotony().falls(), 0);
}

// What is executed once the counters are back says nothing of the time without them.
TEST_F(Competition, CountersAreTakenWhileIdleAndGivenBack) {
  take_and_give_back(Load::none);
  take_and_give_back(Load::none);
  EXPECT_EQ(monotony().falls(), 0);
}

// Half a second without a counter is taken for a turn of others: what runs afterwards is taken for
// what ran meanwhile, at most.
TEST_F(Competition, CountersAreTakenForAShortTime) {
  const auto before = scrape_times(40, Load::bursty);
  const Point& from = before.back();
  ASSERT_TRUE(from.shown);
  std::vector<Point> points;
  {
    const auto other = PerfUser::taking_all(kCycles, cpu());
    points = scrape_times(60, Load::none);
  }
  const double seconds = points.back().enabled - from.enabled;
  const auto after = scrape_times(100, Load::bursty);
  points.insert(points.end(), after.begin(), after.end());
  ASSERT_TRUE(after.back().shown);
  report("seconds_without_counters", std::to_string(seconds));
  report("given_back", in_words(from, after.back()));
  expect_no_jump(from, points, load_rate(), -seconds * load_rate());
  EXPECT_EQ(monotony().falls(), 0);
}

}  // namespace
}  // namespace perf_exporter
