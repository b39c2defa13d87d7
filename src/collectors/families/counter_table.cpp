#include "collectors/families/counter_table.h"

#include <utility>

#include "collectors/families/counter_walk.h"
#include "collectors/families/exporter_walk.h"
#include "collectors/families/table_sinks.h"

namespace perf_exporter {

CounterTable::CounterTable(Aggregate aggregate, std::vector<std::string> collectors)
    : aggregate_(aggregate), summary_(std::move(collectors)) {}

const SampleTable& CounterTable::update(const CountersView& view, const ProcessUsage& process) {
  summary_.update(view);
  const auto walk = [&](auto sink) {
    walk_events(aggregate_, view, summary_, sink);
    walk_group_times(aggregate_, view, summary_, Clock::enabled, sink);
    walk_group_times(aggregate_, view, summary_, Clock::running, sink);
    walk_event_statuses(view, summary_, sink);
    walk_collectors(summary_, sink);
    walk_process(view, process, sink);
  };
  if (table_.layout.generation != view.generation) {
    table_.layout.families.clear();
    walk(LayoutSink{table_.layout.families});
    table_.layout.generation = view.generation;
  }
  table_.values.clear();
  walk(ValueSink{table_.values});
  return table_;
}

}  // namespace perf_exporter
