// Reading one group of software events: on the CPU that reads, and on another one, which costs an
// interrupt there. On virtual machines that is the larger part of a scrape.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "collectors/events/event_catalog.h"
#include "host/online_cpus.h"
#include "perf/event_group.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

enum class Place { local, remote };

// `count` events, those of the software collector over and over.
std::vector<Encoding> software_encodings(std::size_t count) {
  const auto events = events_of({"software"});
  std::vector<Encoding> encodings;
  for (std::size_t i = 0; i < count; ++i) {
    encodings.push_back(events[i % events.size()].encoding);
  }
  return encodings;
}

// Keeps the calling thread on one CPU for as long as it lives.
class OnCpu {
 public:
  explicit OnCpu(CpuId cpu) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(to_int(cpu)), &only);
    done_ = ::sched_setaffinity(0, sizeof only, &only) == 0;
  }
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;
  ~OnCpu() { ::sched_setaffinity(0, sizeof before_, &before_); }

  [[nodiscard]] bool done() const { return done_; }

 private:
  cpu_set_t before_{};
  bool done_ = false;
};

// Argument 0: events in the group.
void read_group(benchmark::State& state, Place place) {
  auto online = OnlineCpus::open({});
  const CpuList cpus = online ? online->refresh() : CpuList{};
  if (cpus.empty() || (place == Place::remote && cpus.size() < 2)) {
    state.SkipWithError("needs another CPU");
    return;
  }
  const OnCpu here(cpus.front());
  LinuxPerfKernel kernel;
  auto group =
      EventGroup::open(kernel, software_encodings(static_cast<std::size_t>(state.range(0))),
                       Target::of_cpu(place == Place::local ? cpus.front() : cpus.back()));
  if (!here.done() || !group || !group->enable(kernel)) {
    state.SkipWithError(group ? "cannot stay on one CPU" : group.error().fault.what.c_str());
    return;
  }
  GroupReading reading;
  for (auto _ : state) {
    if (!group->read(kernel, reading)) {
      state.SkipWithError("a read failed");
      break;
    }
    benchmark::DoNotOptimize(reading.members.data());
  }
}

BENCHMARK_CAPTURE(read_group, local, Place::local)->Arg(1)->Arg(5)->Arg(40);
BENCHMARK_CAPTURE(read_group, remote, Place::remote)->Arg(1)->Arg(5)->Arg(40);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
