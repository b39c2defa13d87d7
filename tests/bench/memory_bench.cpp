// What counting takes of memory: 1,000 cgroups, each on 64 CPUs, with 12 events. The kernel is one
// whose descriptors are numbers alone, so that no limit of descriptors is in the way.
#include <benchmark/benchmark.h>
#include <linux/perf_event.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/counting/target_counters.h"
#include "collectors/events/event_catalog.h"
#include "collectors/opening/group_opener.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kTargets = std::size_t{1000} * 64;
constexpr std::array<std::string_view, 12> kEvents = {
    "cycles",           "ref_cycles",   "instructions", "branches",
    "branch_misses",    "cache_misses", "page_faults",  "cache_references",
    "context_switches", "minor_faults", "major_faults", "migrations"};

class NumberKernel : public PerfKernel {
 public:
  // Groups of hardware events have their counters for `percent` of the time.
  explicit NumberKernel(std::uint64_t percent) : percent_(percent) {}

  Result<UniqueFd> open(const OpenCall& call) override {
    const bool is_software = call.attr->type == PERF_TYPE_SOFTWARE;
    return UniqueFd(next_++ | (is_software ? kSoftware : 0));
  }

  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override {
    constexpr std::uint64_t kMillisecond = 1'000'000;
    const std::uint64_t percent = (fd & kSoftware) != 0 ? 100 : percent_;
    std::vector<std::uint64_t> words(bytes.size() / sizeof(std::uint64_t), ++value_);
    words[0] = (words.size() - 3) / 2;
    words[1] = ++readings_ * kMillisecond;
    words[2] = words[1] * percent / 100;
    for (std::size_t id = 4; id < words.size(); id += 2) {
      words[id] = id;
    }
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes.size();
  }

  Result<void> control(int /*fd*/, GroupControl /*what*/) override { return {}; }

 private:
  static constexpr int kSoftware = 1 << 29;

  std::uint64_t percent_;
  std::uint64_t value_ = 0;
  std::uint64_t readings_ = 0;
  int next_ = 1 << 30;  // no such descriptors: closing them does nothing
};

EventSet twelve_events() {
  std::vector<Event> events;
  for (const CatalogEvent& row : event_catalog()) {
    if (std::find(kEvents.begin(), kEvents.end(), row.name) != kEvents.end()) {
      events.push_back(event_of(row));
    }
  }
  return EventSet(std::move(events));
}

// Argument 0: percent of the time for which hardware events have their counters.
void counted_targets(benchmark::State& state) {
  constexpr double kMega = 1e-6;
  constexpr double kTarget = 40;
  constexpr int kCpus = 64;
  constexpr int kFolder = 1;  // of all cgroups: the kernel does not look at it
  const EventSet events = twelve_events();
  const EventTraits traits(events);
  NumberKernel kernel(static_cast<std::uint64_t>(state.range(0)));
  GroupOpener opener(kernel, events, {}, Guests::include);
  double megabytes = 0;
  for (auto _ : state) {
    const std::size_t before = ::mallinfo2().uordblks;
    std::vector<std::shared_ptr<const CpuInfo>> cpus;
    for (int cpu = 0; cpu < kCpus; ++cpu) {
      cpus.push_back(
          std::make_shared<const CpuInfo>(CpuInfo{CpuId{cpu}, "0", "0", "0", "0", "cpu"}));
    }
    OpenStates states;
    TargetReading reading;
    std::deque<TargetCounters> targets;
    while (targets.size() < kTargets) {
      const auto& info = cpus[targets.size() % kCpus];
      TargetCounters& counters = targets.emplace_back(info, traits);
      const Target target = Target::of_cgroup(kFolder, info->cpu);
      counters.install(
          states.share(opener.open(target, Arrangement::merged, events.size()), events.size()));
      for (RawCount now = 1; now <= 2; ++now) {
        counters.collect(kernel, reading);
        counters.apply(now, reading);
      }
    }
    megabytes = static_cast<double>(::mallinfo2().uordblks - before) * kMega;
  }
  state.counters["MB"] = megabytes;
  if (state.range(0) == 100) {
    state.SetLabel(megabytes <= kTarget ? "target: 40 MB or less: met"
                                        : "target: 40 MB or less: missed");
  }
}

BENCHMARK(counted_targets)->Arg(100)->Arg(50)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
