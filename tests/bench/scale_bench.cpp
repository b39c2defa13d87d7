// Turning a group's readings into the totals of its seven events, undisturbed and multiplexed.
#include <benchmark/benchmark.h>

#include <array>

#include "perf/group_scaler.h"

namespace perf_exporter {
namespace {

constexpr RawCount kSecond = 1'000'000'000;

class Group {
 public:
  Group() { reading_.members.resize(kEvents.size()); }

  void read(RawCount value, const GroupClocks& passed) {
    const GroupClocks before = reading_;
    reading_.enabled += passed.enabled;
    reading_.running += passed.running;
    for (MemberReading& member : reading_.members) {
      member.value += value;
    }
    scaler_.update(before, reading_, {kEvents, tallies_, uses_});
    benchmark::DoNotOptimize(tallies_);
  }

 private:
  static constexpr std::array<std::size_t, 7> kEvents = {0, 1, 2, 3, 4, 5, 6};

  GroupScaler scaler_;
  GroupReading reading_;
  std::array<Tally, kEvents.size()> tallies_;
  std::array<Use, kEvents.size()> uses_{};
};

// Argument 0: percent of the enabled time for which the group ran.
void scale_reading(benchmark::State& state) {
  const RawCount step = kSecond / 100 * static_cast<RawCount>(state.range(0));
  Group group;
  for (auto _ : state) {
    group.read(3 * step, {kSecond, step});
  }
}

// Readings so close to each other that the baseline is held most of the time.
void hold_baseline(benchmark::State& state) {
  constexpr RawCount kMillisecond = kSecond / 1000;
  Group group;
  for (auto _ : state) {
    group.read(kMillisecond, {2 * kMillisecond, kMillisecond});
  }
}

BENCHMARK(scale_reading)->Arg(100)->Arg(50);
BENCHMARK(hold_baseline);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
