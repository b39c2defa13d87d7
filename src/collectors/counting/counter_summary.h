#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "collectors/counting/event_status.h"
#include "collectors/counting/snapshot.h"

namespace perf_exporter {

// Whether a collector delivers anything and all its reads succeeded, and how long the groups that
// hold its events took to read, in ns. A group that several collectors share counts for each.
struct CollectorResult {
  bool success = false;
  RawCount read_time = 0;
};

// What the counters of all CPUs come to, found by one walk over them a snapshot; series that ask
// for it would else walk over all CPUs each. Allocates only where CPUs or groups changed.
class CounterSummary {
 public:
  explicit CounterSummary(std::vector<std::string> collectors);

  // Brings all below up to date with `now`.
  void update(const Snapshot& now);

  [[nodiscard]] const std::vector<std::string>& collectors() const { return collectors_; }
  // By index into collectors().
  [[nodiscard]] const CollectorResult& result(std::size_t collector) const {
    return results_[collector];
  }
  // On how many CPUs `event` has `status`.
  [[nodiscard]] std::size_t cpus(std::size_t event, EventStatus status) const {
    return statuses_[event][static_cast<std::size_t>(status)];
  }
  // The packages of the CPUs, as far as they are known, sorted.
  [[nodiscard]] const std::vector<std::string>& packages() const { return packages_; }

 private:
  void update_structure(const Snapshot& now);
  void add(const Snapshot& now, const SnapshotRow& row, std::size_t number);

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::vector<std::string> collectors_;
  // Of the generation's CPUs and groups.
  std::uint64_t generation_ = 0;
  std::vector<std::size_t> collector_of_;  // by event; kNone where it is not among collectors_
  std::vector<std::string> packages_;
  // Of the newest reading.
  std::vector<std::array<std::size_t, kEventStatuses.size()>> statuses_;  // by event
  std::vector<CollectorResult> results_;
  std::vector<bool> failed_;  // by collector
  // By collector and leader: which CPU of the walk was the last to add the group's time.
  std::vector<std::size_t> timed_on_;
};

}  // namespace perf_exporter
