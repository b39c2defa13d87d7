#include "collectors/families/counter_table.h"

#include <utility>

#include "collectors/families/counter_walk.h"
#include "collectors/families/exporter_walk.h"
#include "collectors/families/table_sinks.h"

namespace perf_exporter {

CounterTable::CounterTable(Aggregate aggregate, std::vector<std::string> collectors)
    : aggregate_(aggregate), summary_(std::move(collectors)) {}

const SampleTable& CounterTable::update(const Snapshot& now, const ProcessUsage& process) {
  summary_.update(now);
  const auto walk = [&](auto sink) {
    walk_events(aggregate_, now, summary_, sink);
    walk_group_times(aggregate_, now, summary_, Clock::enabled, sink);
    walk_group_times(aggregate_, now, summary_, Clock::running, sink);
    walk_event_statuses(now, summary_, sink);
    walk_collectors(summary_, sink);
    walk_process(now, process, sink);
  };
  if (table_.layout.generation != now.generation()) {
    table_.layout.families.clear();
    walk(LayoutSink{table_.layout.families});
    table_.layout.generation = now.generation();
  }
  table_.values.clear();
  walk(ValueSink{table_.values});
  return table_;
}

}  // namespace perf_exporter
