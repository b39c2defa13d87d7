#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/turns.h"
#include "collectors/counting/counter_summary.h"
#include "collectors/counting/snapshot.h"
#include "collectors/families/process_metrics.h"
#include "collectors/families/sample_table.h"

namespace perf_exporter {

// How much of the CPU scope is kept apart: --aggregate. With `node` the number of series does not
// depend on the number of CPUs.
enum class Aggregate { cpu, package, node };

// Turns snapshots into samples: which families and series there are, and their values.
class CounterTable {
 public:
  // `collectors`: the names of those that run, for success and duration.
  CounterTable(Aggregate aggregate, std::vector<std::string> collectors);

  // The samples of `now`: values always anew, the layout where CPUs or groups changed. A row that
  // stays is the same one in all layouts. Allocates nothing where the layout stays and an earlier
  // table is held no more.
  std::shared_ptr<const SampleTable> update(const Snapshot& now, const ProcessUsage& process);

 private:
  void update_rows(const Snapshot& now);

  Aggregate aggregate_;
  CounterSummary summary_;
  std::uint64_t rows_of_ = 0;  // a generation
  std::vector<Row> rows_;
  Turns<SampleTable> tables_;
};

}  // namespace perf_exporter
