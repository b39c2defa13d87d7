#include "collectors/families/counter_table.h"

#include <utility>

#include "collectors/families/counter_walk.h"
#include "collectors/families/exporter_walk.h"
#include "collectors/families/table_sinks.h"

namespace perf_exporter {

CounterTable::CounterTable(Aggregate aggregate, std::vector<std::string> collectors)
    : aggregate_(aggregate), summary_(std::move(collectors)) {}

std::shared_ptr<const SampleTable> CounterTable::update(const Snapshot& now,
                                                        const ProcessUsage& process) {
  summary_.update(now);
  const ScopeRows rows{now, summary_, aggregate_};
  const auto walk = [&](auto sink) {
    walk_events(rows, sink);
    walk_group_times(rows, Clock::enabled, sink);
    walk_group_times(rows, Clock::running, sink);
    walk_event_statuses(now, summary_, sink);
    walk_collectors(summary_, sink);
    walk_process(now, process, sink);
  };
  const std::shared_ptr<SampleTable> table = tables_.take();
  if (table->layout.generation != now.generation()) {
    update_rows(now);
    table->layout.families.clear();
    walk(LayoutSink{table->layout.families});
    table->layout.rows = rows_;
    table->layout.generation = now.generation();
  }
  table->values.clear();
  walk(ValueSink{table->values, rows.size()});
  return table;
}

void CounterTable::update_rows(const Snapshot& now) {
  if (rows_of_ == now.generation()) {
    return;
  }
  std::map<Labels, Row> known;
  for (Row& row : rows_) {
    known.emplace(*row, std::move(row));
  }
  rows_.clear();
  const ScopeRows rows{now, summary_, aggregate_};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Labels labels = rows.labels(i);
    const auto found = known.find(labels);
    rows_.push_back(found != known.end() ? found->second
                                         : std::make_shared<const Labels>(std::move(labels)));
  }
  rows_of_ = now.generation();
}

}  // namespace perf_exporter
