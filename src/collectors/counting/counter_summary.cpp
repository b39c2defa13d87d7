#include "collectors/counting/counter_summary.h"

#include <algorithm>
#include <set>
#include <utility>

namespace perf_exporter {

CounterSummary::CounterSummary(std::vector<std::string> collectors)
    : collectors_(std::move(collectors)) {}

void CounterSummary::update(const CountersView& view) {
  if (generation_ != view.generation) {
    update_structure(view);
    generation_ = view.generation;
  }
  statuses_.assign(view.events.size(), {});
  results_.assign(collectors_.size(), {});
  failed_.assign(collectors_.size(), false);
  timed_on_.assign(collectors_.size() * view.events.size(), kNone);
  std::size_t number = 0;
  for (const auto& [cpu, counters] : view.cpus) {
    add(view, counters, number++);
  }
  for (std::size_t collector = 0; collector < collectors_.size(); ++collector) {
    results_[collector].success = results_[collector].success && !failed_[collector];
  }
}

void CounterSummary::update_structure(const CountersView& view) {
  std::set<std::size_t> leaders;
  std::set<std::string> packages;
  for (const auto& [cpu, counters] : view.cpus) {
    if (const std::string& package = counters.info().package; !package.empty()) {
      packages.insert(package);
    }
    for (std::size_t event = 0; event < view.events.size(); ++event) {
      if (const auto leader = counters.leader_of(event)) {
        leaders.insert(*leader);
      }
    }
  }
  leaders_.assign(leaders.begin(), leaders.end());
  packages_.assign(packages.begin(), packages.end());
  collector_of_.assign(view.events.size(), kNone);
  for (std::size_t event = 0; event < view.events.size(); ++event) {
    const auto found =
        std::find(collectors_.begin(), collectors_.end(), view.events[event].collector);
    if (found != collectors_.end()) {
      collector_of_[event] = static_cast<std::size_t>(found - collectors_.begin());
    }
  }
}

void CounterSummary::add(const CountersView& view, const CpuCounters& counters,
                         std::size_t number) {
  for (std::size_t event = 0; event < view.events.size(); ++event) {
    const auto status = counters.status(event);
    if (status) {
      ++statuses_[event][static_cast<std::size_t>(*status)];
    }
    const std::size_t collector = collector_of_[event];
    const auto leader = counters.leader_of(event);
    if (collector == kNone || !leader) {
      continue;
    }
    CollectorResult& result = results_[collector];
    result.success =
        result.success || status == EventStatus::counting || status == EventStatus::multiplexed;
    if (status == EventStatus::busy) {
      failed_[collector] = true;
    }
    std::size_t& timed_on = timed_on_[collector * view.events.size() + *leader];
    if (timed_on != number) {
      timed_on = number;
      result.read_time += counters.read_time(event);
    }
  }
}

}  // namespace perf_exporter
