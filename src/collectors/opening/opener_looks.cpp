// The part of Opener that looks at what is open, and reports it.
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "collectors/opening/opener.h"

namespace perf_exporter {
namespace {

using opening_rules::nanoseconds;

nanoseconds since(std::uint64_t moment) {
  return nanoseconds(monotonic_ns() - moment);
}

}  // namespace

void Opener::report(const CpuList& wanted, CpuList came_back) {
  passed_ = true;
  reported_at_ = monotonic_ns();
  condition_changes_ = counters_.condition_changes();
  conditions_ = counters_.conditions();
  hooks_.after_pass({subtract(config_.cpus.list, wanted), groups_.guests_refused_on(),
                     counters_.descriptors(), allowance_, truth_.standing(), online_.mask(),
                     std::move(came_back)});
}

// A merged group that the kernel takes, as it checks it against an empty PMU, may find no counters
// for ever where others hold some. That shows within milliseconds; what then asks to be opened
// apart is so before anything is said to be ready.
void Opener::look_at_merged_groups() {
  if (!std::exchange(has_new_merged_groups_, false)) {
    return;
  }
  {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, opening_rules::kFirstRun, [this] { return stopping_; })) {
      return;
    }
  }
  counters_.read();
}

// A CPU that goes off and on between two looks leaves its events frozen, and only their clocks show
// it. To read them wakes the CPU, so this is done only once the kernel has told of a device that
// came or went: at once and a second later, when a clock that has stopped is sure to show, unless a
// scrape has read meanwhile.
void Opener::look_at_clocks() {
  if (device_events_.any()) {
    looks_due_ = opening_rules::kLooksAtClocks;
  }
  if (looks_due_ > 0 && since(counters_.read_at()) >= opening_rules::kClockShows) {
    --looks_due_;
    counters_.read();
  }
}

// Whether they are to be reported now. They may change with every reading.
bool Opener::note_conditions() {
  const OnlineMask before = std::exchange(mask_, online_.mask());
  if (before != mask_ || counters_.condition_changes() == condition_changes_) {
    return before != mask_;
  }
  const nanoseconds passed = since(reported_at_);
  if (passed < opening_rules::kReport) {
    patience_ = opening_rules::kReport - passed;
    return false;
  }
  return passed >= opening_rules::kReportOtherCpus || counters_.conditions() != conditions_;
}

}  // namespace perf_exporter
