#include "app/commands/stat_table.h"

namespace perf_exporter {
namespace {

// Why an event has no data on a CPU that is there.
std::string reason_of(const SnapshotRow& counters, std::size_t event) {
  if (const EventRefusal* refusal = counters.refusal(event)) {
    return in_words(*refusal);
  }
  const auto status = counters.status(event);
  if (status && !why_absent(*status).empty()) {
    return "no data: " + std::string(why_absent(*status));
  }
  return counters.cell(event).withheld == Withheld::waiting ? "no data: it has not moved"
                                                            : "no data: it has hardly run yet";
}

void add(const SnapshotRow& counters, std::size_t event, StatEvent& row) {
  row.count += counters.counted(event);
  if (counters.is_offline()) {
    return;
  }
  row.is_estimate = row.is_estimate || counters.status(event) == EventStatus::multiplexed;
  CpuList& cpus = counters.total(event) ? row.counted_on : row.absent[reason_of(counters, event)];
  cpus.push_back(counters.cpu());
}

}  // namespace

StatSnapshot stat_snapshot(const Snapshot& now, std::uint64_t taken_at) {
  StatSnapshot snapshot;
  snapshot.taken_at = taken_at;
  for (const SnapshotRow& row : now.rows()) {
    if (!row.is_offline()) {
      snapshot.cpus.push_back(row.cpu());
    }
  }
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    StatEvent& row = snapshot.events.emplace_back();
    row.name = now.events()[event].name;
    for (const SnapshotRow& counters : now.rows()) {
      add(counters, event, row);
    }
    for (const auto& [package, retired] : now.retired()) {
      row.count += retired.counts[event];
    }
  }
  return snapshot;
}

}  // namespace perf_exporter
