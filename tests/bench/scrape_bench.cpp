// A whole scrape but for HTTP: reading the real kernel's groups, scaling, the table, the text. At
// the CPUs that are there, and with as many real groups as 256 CPUs have.
//
// Scrapes keep the distance below which they would share a reading, so each finds its caches as
// cold as that leaves them. Figures are medians in µs: `reads` is the time of the reads
// themselves, `rest` that of all else, which is user space and the few calls that ask for the
// online CPUs and the process's own usage.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "collectors/families/scrape.h"
#include "collectors/opening/group_opener.h"
#include "exposition/encoder.h"
#include "fakes/temp_host.h"
#include "perf/linux_perf_kernel.h"
#include "spread_kernel.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kPlenty = 1'000'000;  // of descriptors

CpuList real_cpus() {
  auto online = OnlineCpus::open({});
  return online ? online->refresh() : CpuList{CpuId{0}};
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::string online_text(std::size_t cpus) {
  return cpus == 1 ? "0" : "0-" + std::to_string(cpus - 1);
}

// What a session is made of, without its threads.
struct Exporter {
  explicit Exporter(std::size_t cpus, Aggregate aggregate)
      : host(online_text(cpus)),
        spread(linux_kernel, real_cpus()),
        kernel(spread),
        events(events_of({"software"})),
        counters(kernel, events, OnlineCpus::open(host.paths()).value()),
        scrape(counters, {"/proc", host.paths().sysfs}, aggregate, {"software"},
               spdlog::default_logger(), [] { return std::uint64_t{0}; }) {
    GroupOpener opener(kernel, events, {}, Guests::include);
    for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
      CpuInfo info;
      info.cpu = CpuId{static_cast<int>(cpu)};
      info.package = std::to_string(cpu / 64);
      counters.install(info, opener.open(Target::of_cpu(info.cpu), Arrangement::merged, kPlenty));
    }
  }

  void take() {
    const Scrape::Samples samples = scrape.take();
    body.clear();
    encoder.encode(*samples.table, *samples.info, Format::text, {}, body);
  }

  TempHost host;
  LinuxPerfKernel linux_kernel;
  SpreadKernel spread;
  TimedKernel kernel;
  EventSet events;
  CounterSet counters;
  Scrape scrape;
  Encoder encoder;
  std::string body;
};

double median(std::vector<RawCount>& nanoseconds) {
  constexpr double kMicro = 1e-3;
  const auto middle = nanoseconds.begin() + static_cast<std::ptrdiff_t>(nanoseconds.size() / 2);
  std::nth_element(nanoseconds.begin(), middle, nanoseconds.end());
  return static_cast<double>(*middle) * kMicro;
}

// Argument 0: CPUs; 0 stands for those that are there.
void whole_scrape(benchmark::State& state, Aggregate aggregate) {
  constexpr auto kApart = std::chrono::microseconds(1200);
  constexpr double kNano = 1e-9;
  raise_descriptor_limit();
  const auto asked = static_cast<std::size_t>(state.range(0));
  const std::size_t cpus = asked != 0 ? asked : real_cpus().size();
  Exporter exporter(cpus, aggregate);
  exporter.take();
  if (exporter.kernel.reads() == 0) {
    state.SkipWithError("no event opened: needs CAP_PERFMON or root");
    return;
  }
  std::vector<RawCount> wholes;
  std::vector<RawCount> reads;
  std::vector<RawCount> rests;
  for (auto _ : state) {
    std::this_thread::sleep_for(kApart);
    const RawCount read_before = exporter.kernel.read_time();
    const RawCount before = monotonic_ns();
    exporter.take();
    wholes.push_back(monotonic_ns() - before);
    reads.push_back(exporter.kernel.read_time() - read_before);
    rests.push_back(wholes.back() - reads.back());
    state.SetIterationTime(static_cast<double>(wholes.back()) * kNano);
  }
  state.counters["cpus"] = static_cast<double>(cpus);
  state.counters["bytes"] = static_cast<double>(exporter.body.size());
  state.counters["whole_us"] = median(wholes);
  state.counters["reads_us"] = median(reads);
  state.counters["rest_us"] = median(rests);
  state.counters["rest/reads"] = median(rests) / median(reads);
}

BENCHMARK_CAPTURE(whole_scrape, by_cpu, Aggregate::cpu)->Arg(0)->Arg(256)->UseManualTime();
BENCHMARK_CAPTURE(whole_scrape, by_node, Aggregate::node)->Arg(256)->UseManualTime();

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
