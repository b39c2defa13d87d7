// More events than counters, under a bursty load of known length: are the exporter's totals true,
// and do they never fall? Twice as many events as the PMU has counters (12 on an emulated Arm) are
// opened each as a group of its own, by the exporter's opener, held and scaled by its
// TargetCounters.
//
// What error is to be expected: the kernel rotates the events every 4 ms, one place a turn, so an
// event that runs for the share p of the time is on for whole windows, each of which sees some of
// the bursts. Of n windows whose load varies by v (standard deviation by mean) its estimate is off
// by v * sqrt((1 - p) / (p * n)). Here p is 1/2 and a window is c turns, 24 ms for c = 6 counters:
// n is 200 in 10 s. Bursts and pauses of 3 ms together make v some 0.1. So one event is off by
// 0.7 %; it may be by 4 %. The mean over all events has no such error, for at every instant the
// same number of them runs: what it is off by is bias, and the clock calls of the load, which the
// unmultiplexed control shows. It may be off by 2 %.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fakes/scaled_event.h"
#include "kernel/bursty_load.h"
#include "kernel/hardware_test.h"
#include "kernel/multiplexed_cpu.h"

namespace perf_exporter {
namespace {

constexpr double kMeanBound = 0.02;
constexpr double kEventBound = 0.04;

// One event of the test, and what other ways of scaling would make of the same readings.
struct Judged {
  std::optional<Count> shown;  // the newest total that was there
  double total = 0;            // the final one
  double lifetime = 0;         // value * enabled / running since it was enabled
  double plain_deltas = 0;     // the same of each interval in which it ran, added up
  EventReading baseline;       // the newest reading at which it had run
};

struct Errors {
  double mean = 0;
  double lowest = 0;
  double highest = 0;
};

struct Outcome {
  std::size_t readings = 0;
  double known = 0;        // instructions of the load and of the readings themselves
  int falls = 0;           // of a total, over all events and readings
  int absences = 0;        // of a total
  int lifetime_falls = 0;  // that lifetime scaling would have shown
  double running_share = 0;
  Errors totals, lifetime, plain_deltas;
};

// How long it is read, how often, and for how long the load runs; after that the CPU idles.
struct Course {
  RawCount read_every;  // ns
  RawCount length;
  RawCount busy;
};

double scaled(double value, RawCount enabled, RawCount running) {
  return running == 0 ? 0 : value * static_cast<double>(enabled) / static_cast<double>(running);
}

void take_in(Judged& event, const GroupReading& reading, const std::optional<Count>& total,
             Outcome& outcome) {
  const RawCount value = reading.members.front().value;
  const double lifetime = scaled(static_cast<double>(value), reading.enabled, reading.running);
  outcome.lifetime_falls += lifetime < event.lifetime ? 1 : 0;
  outcome.absences += total ? 0 : 1;
  outcome.falls += total && event.shown && *total < *event.shown ? 1 : 0;
  event.lifetime = lifetime;
  event.shown = total ? total : event.shown;
  if (reading.running > event.baseline.running) {
    event.plain_deltas +=
        scaled(static_cast<double>(value - event.baseline.value),
               reading.enabled - event.baseline.enabled, reading.running - event.baseline.running);
    event.baseline = {value, reading.enabled, reading.running};
  }
}

Errors errors_of(const std::vector<Judged>& events, double known, double Judged::*figure) {
  Errors errors;
  std::vector<double> all;
  for (const Judged& event : events) {
    all.push_back(event.*figure / known - 1);
    errors.mean += all.back() / static_cast<double>(events.size());
  }
  errors.lowest = *std::min_element(all.begin(), all.end());
  errors.highest = *std::max_element(all.begin(), all.end());
  return errors;
}

void judge(const MultiplexedCpu::Record& record, std::size_t events, Outcome& outcome) {
  std::vector<Judged> judged(events);
  ASSERT_EQ(record.readings.size(), outcome.readings * events);
  ASSERT_EQ(record.totals.size(), outcome.readings * events);
  for (std::size_t i = 0; i < record.readings.size(); ++i) {
    take_in(judged[i % events], record.readings[i], record.totals[i], outcome);
  }
  for (std::size_t i = 0; i < events; ++i) {
    const GroupReading& last = record.readings[record.readings.size() - events + i];
    const std::optional<Count>& shown = judged[i].shown;
    outcome.falls += shown && record.final_totals[i] < *shown ? 1 : 0;
    judged[i].total = static_cast<double>(record.final_totals[i]);
    outcome.running_share += static_cast<double>(last.running) / static_cast<double>(last.enabled) /
                             static_cast<double>(events);
  }
  outcome.totals = errors_of(judged, outcome.known, &Judged::total);
  outcome.lifetime = errors_of(judged, outcome.known, &Judged::lifetime);
  outcome.plain_deltas = errors_of(judged, outcome.known, &Judged::plain_deltas);
}

class Multiplexing : public HardwareTest {
 protected:
  Outcome run(std::size_t events, const Course& course);
  void expect_truth(const Course& course);
};

Outcome Multiplexing::run(std::size_t events, const Course& course) {
  const std::uint64_t of_a_reading = instructions_of_a_reading(cpu(), events);
  MultiplexedCpu counted(cpu(), events);
  BurstyLoad load(3);
  Outcome outcome;
  const RawCount start = monotonic_ns();
  for (RawCount due = start + course.read_every; due <= start + course.length;
       due += course.read_every) {
    load.run_until(std::min(due, start + course.busy));
    sleep_until(due);
    counted.read();
    ++outcome.readings;
  }
  const MultiplexedCpu::Record record = counted.finish();
  outcome.known = static_cast<double>(load.known() + outcome.readings * of_a_reading);
  judge(record, events, outcome);
  return outcome;
}

std::string in_words(const Errors& errors) {
  char text[80];
  std::snprintf(text, sizeof text, "off by %+.2f %% [%+.2f ... %+.2f]", 100 * errors.mean,
                100 * errors.lowest, 100 * errors.highest);
  return text;
}

std::string in_words(const Outcome& outcome) {
  char share[40];
  std::snprintf(share, sizeof share, ", running/enabled %.3f", outcome.running_share);
  return std::to_string(outcome.readings) + " readings" + share + ", totals " +
         in_words(outcome.totals) + ", " + std::to_string(outcome.falls) + " falls, " +
         std::to_string(outcome.absences) + " absences";
}

void Multiplexing::expect_truth(const Course& course) {
  const std::size_t counters = counters_for_instructions(cpu());
  ASSERT_GE(counters, 1U);
  const Outcome control = run(counters, {course.read_every, course.length / 4, course.busy / 4});
  const Outcome outcome = run(2 * counters, course);
  report("events", std::to_string(2 * counters));
  report("result", in_words(outcome));
  report("control_of_" + std::to_string(counters) + "_events", in_words(control));
  report("lifetime_scaling_instead",
         in_words(outcome.lifetime) + ", " + std::to_string(outcome.lifetime_falls) + " falls");
  report("plain_deltas_instead", in_words(outcome.plain_deltas));

  EXPECT_EQ(outcome.falls, 0);
  EXPECT_LT(outcome.running_share, 0.75) << "nothing was multiplexed";
  EXPECT_LT(std::abs(outcome.totals.mean), kMeanBound);
  EXPECT_GT(outcome.totals.lowest, -kEventBound);
  EXPECT_LT(outcome.totals.highest, kEventBound);
  EXPECT_GT(control.running_share, 0.99);
  EXPECT_EQ(control.falls, 0);
  EXPECT_LT(std::abs(control.totals.mean), kMeanBound);
}

TEST_F(Multiplexing, ReadEvery5Milliseconds) {
  expect_truth({5 * kMillisecond, 10 * kSecond, 10 * kSecond});
}

TEST_F(Multiplexing, ReadEvery5MillisecondsBusyThenIdle) {
  expect_truth({5 * kMillisecond, 15 * kSecond, 10 * kSecond});
}

TEST_F(Multiplexing, ReadEvery50Milliseconds) {
  expect_truth({50 * kMillisecond, 10 * kSecond, 10 * kSecond});
}

TEST_F(Multiplexing, ReadEverySecond) {
  expect_truth({kSecond, 20 * kSecond, 20 * kSecond});
}

TEST_F(Multiplexing, ReadEverySecondBusyThenIdle) {
  expect_truth({kSecond, 20 * kSecond, 8 * kSecond});
}

}  // namespace
}  // namespace perf_exporter
