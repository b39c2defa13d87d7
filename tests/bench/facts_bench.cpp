// What the probe costs: gathering all facts, which may take 50 ms in all, and the trial opens.
#include <benchmark/benchmark.h>

#include "caps/probe/diagnosis.h"
#include "host/cpu_list.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

void gather(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(gather_facts({}));
  }
  state.SetLabel("target: below 50 ms");
}

void try_opens(benchmark::State& state) {
  LinuxPerfKernel kernel;
  const HostFacts facts = gather_facts({});
  for (auto _ : state) {
    benchmark::DoNotOptimize(run_trials(kernel, CpuId{0}, facts.cgroups.trial_directory));
  }
}

BENCHMARK(gather)->Unit(benchmark::kMillisecond);
BENCHMARK(try_opens)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
