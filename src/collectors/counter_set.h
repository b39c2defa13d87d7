#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/host_paths.h"
#include "collectors/cpu_counters.h"
#include "collectors/online_cpus.h"

namespace perf_exporter {

// What CPUs that went offline had counted, by event: kept so that sums never fall.
struct RetiredCounts {
  std::vector<Count> counts;
  std::vector<GroupTimes> times;
};

// The counters as of one reading; valid while CounterSet::with_reading calls.
struct CountersView {
  const std::vector<const CatalogEvent*>& events;
  const std::map<CpuId, CpuCounters>& cpus;
  const std::map<std::string, RetiredCounts>& retired;  // by package
  std::uint64_t generation;     // changes whenever CPUs or groups come or go
  std::uint64_t read_failures;  // group reads that failed, ever
  std::uint64_t reopenings;     // CPUs whose groups were opened anew, ever
};

// All CPUs' counters and the lock that guards them. The opening thread installs and removes;
// scrapes read. No system call that can hang is made under the lock: opening and closing happen
// outside.
class CounterSet {
 public:
  // `kernel` must outlive the set.
  CounterSet(PerfKernel& kernel, std::vector<const CatalogEvent*> events, OnlineCpus online);

  // Puts freshly opened groups of a CPU in place; a CPU not known yet begins at zero.
  void install(const CpuInfo& info, OpenedCpu opened);
  // Closes a CPU's groups; it has no data until the next install().
  void release(CpuId cpu);
  // Stops counting hardware events on a CPU and goes on with it: makes room on its PMU for a few
  // ms. Totals and times stand still meanwhile. Nothing happens where the CPU has none.
  void pause_hardware(CpuId cpu);
  void resume_hardware(CpuId cpu);
  // Drops CPUs that are not in `keep`, and those that were seen offline since they were opened:
  // their events are frozen for good. What they had counted stays in the sums. Whether any was
  // dropped.
  bool keep_only(const CpuList& keep);

  // Which events, by index, are not to be believed on the CPUs of a core PMU, by its name; those of
  // PMUs that are not named are. Holds for CPUs installed later, too.
  void set_untrusted(std::map<std::string, std::vector<char>> by_pmu);

  [[nodiscard]] CpuList installed() const;
  // How often events became silent or starved on a CPU, or ceased to be.
  [[nodiscard]] std::uint64_t condition_changes() const;
  // The events that are not open, and why, by CPU; CPUs on which all are open are left out.
  [[nodiscard]] std::map<CpuId, std::map<std::size_t, EventRefusal>> refusals() const;
  [[nodiscard]] std::size_t descriptors() const;
  [[nodiscard]] std::size_t descriptors_of(CpuId cpu) const;
  [[nodiscard]] std::vector<std::pair<CpuId, Arrangement>> reopen_requests() const;

  // Called, under the lock, when a reading finds that CPUs went or came, that a group must be
  // reopened, or that events became silent or starved, or ceased to be.
  void set_on_change(std::function<void()> on_change);

  // Reads every group, unless a reading ended after this call began or less than 1 ms ago, which is
  // then shared, and calls `use` with the result, under the lock. The faults of a fresh reading are
  // passed along; they are empty where it was shared.
  using Use = std::function<void(const CountersView&, const std::vector<Fault>& faults)>;
  void with_reading(const Use& use);

  // Calls `use` with the state as it is, without reading.
  void with_state(const std::function<void(const CountersView&)>& use) const;

 private:
  std::vector<Fault> read_all(RawCount now);
  void retire(const CpuCounters& counters);
  void mark_untrusted(CpuCounters& counters) const;
  [[nodiscard]] CountersView view() const;

  PerfKernel& kernel_;
  std::vector<const CatalogEvent*> events_;
  EventTraits traits_;
  mutable std::mutex mutex_;
  OnlineCpus online_;
  std::map<CpuId, CpuCounters> cpus_;
  std::map<std::string, RetiredCounts> retired_;
  std::map<std::string, std::vector<char>> untrusted_;  // by PMU
  std::function<void()> on_change_;
  std::uint64_t generation_ = 1;
  std::uint64_t read_failures_ = 0;
  std::uint64_t reopenings_ = 0;
  std::uint64_t condition_changes_ = 0;
  RawCount reading_ended_ = 0;
};

}  // namespace perf_exporter
