#include "collectors/counting/counter_summary.h"

#include <algorithm>
#include <set>
#include <utility>

namespace perf_exporter {

CounterSummary::CounterSummary(std::vector<std::string> collectors)
    : collectors_(std::move(collectors)) {}

void CounterSummary::update(const Snapshot& now) {
  if (generation_ != now.generation()) {
    update_structure(now);
    generation_ = now.generation();
  }
  statuses_.assign(now.events().size(), {});
  results_.assign(collectors_.size(), {});
  failed_.assign(collectors_.size(), false);
  timed_on_.assign(collectors_.size() * now.events().size(), kNone);
  std::size_t number = 0;
  for (const SnapshotRow& row : now.rows()) {
    add(now, row, number++);
  }
  for (std::size_t collector = 0; collector < collectors_.size(); ++collector) {
    results_[collector].success = results_[collector].success && !failed_[collector];
  }
}

void CounterSummary::update_structure(const Snapshot& now) {
  std::set<std::string> packages;
  for (const SnapshotRow& row : now.rows()) {
    if (const std::string& package = row.info().package; !package.empty()) {
      packages.insert(package);
    }
  }
  packages_.assign(packages.begin(), packages.end());
  collector_of_.assign(now.events().size(), kNone);
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    const auto found =
        std::find(collectors_.begin(), collectors_.end(), now.events()[event].collector);
    if (found != collectors_.end()) {
      collector_of_[event] = static_cast<std::size_t>(found - collectors_.begin());
    }
  }
}

void CounterSummary::add(const Snapshot& now, const SnapshotRow& row, std::size_t number) {
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    const auto status = row.status(event);
    if (status) {
      ++statuses_[event][static_cast<std::size_t>(*status)];
    }
    const std::size_t collector = collector_of_[event];
    const auto leader = row.leader_of(event);
    if (collector == kNone || !leader) {
      continue;
    }
    CollectorResult& result = results_[collector];
    result.success = result.success || has_data(status);
    if (status == EventStatus::busy) {
      failed_[collector] = true;
    }
    std::size_t& timed_on = timed_on_[collector * now.events().size() + *leader];
    if (timed_on != number) {
      timed_on = number;
      result.read_time += row.read_time_led_by(*leader);
    }
  }
}

}  // namespace perf_exporter
