#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collectors/events/event_catalog.h"
#include "host/host_paths.h"
#include "perf/truth_check.h"

namespace perf_exporter {

// What the truth checks of the core PMUs have come to so far, check after check. Used by one
// thread.
class TruthWatch {
 public:
  // `kernel` must outlive this. `affinity` as for check_truth.
  TruthWatch(PerfKernel& kernel, EventSet wanted, HostPaths paths,
             CallUse affinity = CallUse::make);

  // How the checks get counters where what is counted takes all of them; nothing by default.
  void set_precedence(Precedence precedence) { precedence_ = std::move(precedence); }

  // Checks each PMU that has any of `counted`, the CPUs that are counted now, on a CPU of these
  // that is neither isolated nor nohz_full: those are not to be disturbed. Does nothing where no
  // hardware event is wanted. What a check can't judge leaves standing what an earlier one has
  // found; a PMU that is gone, or counted no more, is forgotten. Whether any verdict is another
  // than before.
  bool check(const std::vector<CorePmu>& pmus, const CpuList& counted);

  // What stands, by the order of the PMUs. What an event was seen to count stays as at the check
  // that changed its verdict, so that what is said of it is not new each time.
  [[nodiscard]] const std::vector<PmuTruth>& standing() const { return standing_; }

  // Whether each of `pmus` that has any of `counted` has been checked.
  [[nodiscard]] bool knows_all(const std::vector<CorePmu>& pmus, const CpuList& counted) const;

  // The events that are not to be believed, by PMU, for CounterSet::set_untrusted.
  [[nodiscard]] std::map<std::string, std::vector<bool>> untrusted() const;

 private:
  [[nodiscard]] const PmuTruth* standing_of(const std::string& pmu) const;

  PerfKernel& kernel_;
  EventSet wanted_;
  HostPaths paths_;
  CallUse affinity_;
  bool wants_hardware_;
  Precedence precedence_;
  std::vector<PmuTruth> standing_;
};

// The wanted events that are not to be believed where a PMU has failed like this: true at their
// index. An event that failed takes its semantic group along. All hardware events go where
// instructions are counted wrong, or where nothing that could be judged is right: what is then
// wrong is the PMU and not one counter of it.
std::vector<bool> untrusted_events(const EventSet& wanted, const PmuTruth& truth);

}  // namespace perf_exporter
