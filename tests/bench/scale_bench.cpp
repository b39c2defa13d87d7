// Turning one event's readings into its total, undisturbed and multiplexed.
#include <benchmark/benchmark.h>

#include "fakes/scaled_event.h"

namespace perf_exporter {
namespace {

constexpr RawCount kSecond = 1'000'000'000;

// Argument 0: percent of the enabled time for which the event ran.
void scale_reading(benchmark::State& state) {
  const RawCount step = kSecond / 100 * static_cast<RawCount>(state.range(0));
  ScaledEvent scaler;
  EventReading reading;
  for (auto _ : state) {
    reading.value += 3 * step;
    reading.enabled += kSecond;
    reading.running += step;
    scaler.update(reading);
    benchmark::DoNotOptimize(scaler);
  }
}

// Readings so close to each other that the baseline is held most of the time.
void hold_baseline(benchmark::State& state) {
  constexpr RawCount kMillisecond = kSecond / 1000;
  ScaledEvent scaler;
  EventReading reading;
  for (auto _ : state) {
    reading.value += kMillisecond;
    reading.enabled += 2 * kMillisecond;
    reading.running += kMillisecond;
    scaler.update(reading);
    benchmark::DoNotOptimize(scaler);
  }
}

BENCHMARK(scale_reading)->Arg(100)->Arg(50);
BENCHMARK(hold_baseline);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
