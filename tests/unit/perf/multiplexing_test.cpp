// The scaler against a simulated kernel whose truth is known: rotating groups on a bursty CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "fakes/scaled_event.h"

namespace perf_exporter {
namespace {

constexpr RawCount kStep = 100'000;        // ns: the simulation's resolution
constexpr RawCount kRotation = 4'000'000;  // ns: the kernel's default (perf_event_mux_interval_ms)

struct Load {
  int events;           // that compete
  int counters;         // that the PMU has
  RawCount read_every;  // ns
  unsigned seed;
};

// One CPU whose rate changes at random; `events` alike events take turns on `counters` counters.
class Simulation {
 public:
  explicit Simulation(const Load& load)
      : load_(load), random_(load.seed), readings_(static_cast<std::size_t>(load.events)) {}

  // Runs up to the next reading.
  const std::vector<EventReading>& next() {
    for (RawCount end = now_ + load_.read_every; now_ < end; now_ += kStep) {
      step();
    }
    return readings_;
  }

  [[nodiscard]] RawCount truth() const { return truth_; }
  [[nodiscard]] RawCount now() const { return now_; }

 private:
  // Busy phases of 1 to 20 ms, and between them idle ones, some of them long.
  void step() {
    if (now_ >= phase_ends_) {
      rate_ = rate_ == 0 ? std::uniform_int_distribution<RawCount>(10'000, 100'000)(random_) : 0;
      const bool long_pause = rate_ == 0 && std::uniform_int_distribution<>(0, 99)(random_) == 0;
      const RawCount longest = long_pause ? 5000 : 200;
      phase_ends_ = now_ + kStep * std::uniform_int_distribution<RawCount>(10, longest)(random_);
    }
    truth_ += rate_;
    const auto turn = static_cast<int>(now_ / kRotation);
    for (int event = 0; event < load_.events; ++event) {
      EventReading& reading = readings_[static_cast<std::size_t>(event)];
      reading.enabled += kStep;
      if ((event + turn) % load_.events < load_.counters) {
        reading.running += kStep;
        reading.value += rate_;
      }
    }
  }

  Load load_;
  std::mt19937 random_;
  std::vector<EventReading> readings_;
  RawCount now_ = 0;
  RawCount phase_ends_ = 0;
  RawCount rate_ = 0;
  RawCount truth_ = 0;
};

Count lifetime(const EventReading& reading) {
  return reading.running == 0 ? 0 : Count{reading.value} * reading.enabled / reading.running;
}

struct Outcome {
  double mean_error = 0;   // of the events' totals, as a share of the truth
  double worst_error = 0;  // of a single event
  int falls = 0;
  int lifetime_falls = 0;
};

Outcome run(const Load& load) {
  constexpr RawCount kLength = 20'000'000'000;
  Simulation simulation(load);
  const auto events = static_cast<std::size_t>(load.events);
  std::vector<ScaledEvent> scalers(events);
  std::vector<Count> lifetimes(events);
  Outcome outcome;
  while (simulation.now() < kLength) {
    const auto& readings = simulation.next();
    for (std::size_t i = 0; i < events; ++i) {
      const Count before = scalers[i].total();
      scalers[i].update(readings[i]);
      outcome.falls += scalers[i].total() < before ? 1 : 0;
      outcome.lifetime_falls += lifetime(readings[i]) < lifetimes[i] ? 1 : 0;
      lifetimes[i] = lifetime(readings[i]);
    }
  }
  for (ScaledEvent& scaler : scalers) {
    scaler.close();
    const double error =
        static_cast<double>(scaler.total()) / static_cast<double>(simulation.truth()) - 1;
    outcome.mean_error += error / load.events;
    outcome.worst_error = std::max(outcome.worst_error, std::abs(error));
  }
  return outcome;
}

// Names the case in lists of tests.
void PrintTo(const Load& load, std::ostream* out) {
  *out << load.events << " events, read every " << load.read_every << " ns";
}

class Multiplexing : public testing::TestWithParam<Load> {};

TEST_P(Multiplexing, NeverFallsAndStaysNearTheTruth) {
  const Outcome outcome = run(GetParam());
  EXPECT_EQ(outcome.falls, 0);
  EXPECT_LT(std::abs(outcome.mean_error), 0.02);
  EXPECT_LT(outcome.worst_error, 0.10);
  EXPECT_GT(outcome.lifetime_falls, 0) << "the course would show the fault of lifetime scaling";
}

std::vector<Load> loads() {
  std::vector<Load> all;
  for (const RawCount read_every : {1'000'000U, 5'000'000U, 50'000'000U}) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
      all.push_back({12, 6, read_every, seed});
      all.push_back({20, 6, read_every, seed});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Courses, Multiplexing, testing::ValuesIn(loads()), [](const auto& info) {
  return std::to_string(info.param.events) + "events_" +
         std::to_string(info.param.read_every / 1'000'000) + "ms_seed" +
         std::to_string(info.param.seed);
});

}  // namespace
}  // namespace perf_exporter
