#include "app/commands/stat_table.h"

namespace perf_exporter {
namespace {

// Why an event has no data on a CPU that is there.
std::string reason_of(const CpuCounters& counters, std::size_t event) {
  if (const EventRefusal* refusal = counters.refusal(event)) {
    return in_words(*refusal);
  }
  const auto status = counters.status(event);
  if (status && !why_absent(*status).empty()) {
    return "no data: " + std::string(why_absent(*status));
  }
  return counters.withheld().of(event) == Withheld::waiting ? "no data: it has not moved"
                                                            : "no data: it has hardly run yet";
}

void add(const CpuCounters& counters, std::size_t event, StatEvent& row) {
  row.count += counters.counted(event);
  if (counters.is_offline()) {
    return;
  }
  row.is_estimate = row.is_estimate || counters.status(event) == EventStatus::multiplexed;
  CpuList& cpus = counters.total(event) ? row.counted_on : row.absent[reason_of(counters, event)];
  cpus.push_back(counters.info().cpu);
}

}  // namespace

StatSnapshot stat_snapshot(const CountersView& view, std::uint64_t taken_at) {
  StatSnapshot snapshot;
  snapshot.taken_at = taken_at;
  for (const auto& [cpu, counters] : view.cpus) {
    if (!counters.is_offline()) {
      snapshot.cpus.push_back(cpu);
    }
  }
  for (std::size_t event = 0; event < view.events.size(); ++event) {
    StatEvent& row = snapshot.events.emplace_back();
    row.name = view.events[event].name;
    for (const auto& [cpu, counters] : view.cpus) {
      add(counters, event, row);
    }
    for (const auto& [package, retired] : view.retired) {
      row.count += retired.counts[event];
    }
  }
  return snapshot;
}

}  // namespace perf_exporter
