// Makes the truth check of every core PMU many times on the running kernel and tells how often it
// came to which verdict:
//   check_truth [CHECKS [PAUSE_MS]]
// 1 where any check called a PMU untrue, 2 where there is no core PMU.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "perf/linux_perf_kernel.h"
#include "perf/truth_check.h"

namespace perf_exporter {
namespace {

constexpr int kChecks = 1000;
constexpr const char* kVerdicts[] = {"right", "not counting", "nonsense", "unknown"};
constexpr const char* kDoubts[] = {"none",          "no loop",    "no CPU",
                                   "no affinity",   "refused",    "no user mode",
                                   "no such event", "no counter", "shared counter"};

// How often an event came to which verdict, and why it was unknown.
struct Tally {
  std::array<int, std::size(kVerdicts)> verdicts{};
  std::array<int, std::size(kDoubts)> doubts{};
  RawCount least = 0;
  RawCount most = 0;

  void add(const EventTruth& truth) {
    ++verdicts[static_cast<std::size_t>(truth.verdict)];
    if (truth.verdict == Verdict::unknown) {
      ++doubts[static_cast<std::size_t>(truth.doubt)];
      return;
    }
    least = most == 0 ? truth.seen : std::min(least, truth.seen);
    most = std::max(most, truth.seen);
  }
  [[nodiscard]] bool failed() const { return verdicts[1] + verdicts[2] > 0; }
  void print(const char* event) const {
    std::printf("  %-13s", event);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      std::printf(" %s %d", kVerdicts[i], verdicts[i]);
    }
    for (std::size_t i = 0; i < doubts.size(); ++i) {
      if (doubts[i] > 0) {
        std::printf(" (%s %d)", kDoubts[i], doubts[i]);
      }
    }
    std::printf("; counted %llu to %llu\n", static_cast<unsigned long long>(least),
                static_cast<unsigned long long>(most));
  }
};

CpuList cpus_of(const CorePmu& pmu) {
  if (!pmu.cpus.empty()) {
    return pmu.cpus;
  }
  const auto online = read_text("/sys/devices/system/cpu/online");
  return online ? parse_cpu_list(*online).value_or(CpuList{}) : CpuList{};
}

int run(int checks, std::chrono::milliseconds pause) {
  constexpr double kMicro = 1e-3;
  LinuxPerfKernel kernel;
  const auto pmus = find_core_pmus({});
  if (pmus.empty()) {
    std::puts("no core PMU here");
    return 2;
  }
  const MachineKind machine = pmus.size() > 1 ? MachineKind::hybrid : MachineKind::uniform;
  bool failed = false;
  for (const CorePmu& pmu : pmus) {
    Tally cycles;
    Tally instructions;
    std::vector<std::uint64_t> times;
    for (int i = 0; i < checks; ++i) {
      const std::uint64_t before = monotonic_ns();
      const PmuTruth truth = check_truth(kernel, pmu, machine, cpus_of(pmu));
      times.push_back(monotonic_ns() - before);
      cycles.add(truth.cycles);
      instructions.add(truth.instructions);
      std::this_thread::sleep_for(pause);
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    std::printf("%s: %d checks, median %.0f us\n", pmu.name.c_str(), checks,
                static_cast<double>(*middle) * kMicro);
    cycles.print("cycles");
    instructions.print("instructions");
    failed = failed || cycles.failed() || instructions.failed();
  }
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace perf_exporter

int main(int count, char** arguments) {
  const int checks = count > 1 ? std::atoi(arguments[1]) : perf_exporter::kChecks;
  const int pause = count > 2 ? std::atoi(arguments[2]) : 0;
  return perf_exporter::run(std::max(checks, 1), std::chrono::milliseconds(pause));
}
