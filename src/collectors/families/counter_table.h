#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/counting/counter_summary.h"
#include "collectors/counting/snapshot.h"
#include "collectors/families/process_metrics.h"
#include "collectors/families/sample_table.h"

namespace perf_exporter {

// How much of the CPU scope is kept apart: --aggregate. With `node` the number of series does not
// depend on the number of CPUs.
enum class Aggregate { cpu, package, node };

// Turns counters into samples: which families and series there are, and their values.
class CounterTable {
 public:
  // `collectors`: the names of those that run, for success and duration.
  CounterTable(Aggregate aggregate, std::vector<std::string> collectors);

  // Brings the table up to date with `now`: values always, the layout where CPUs or groups
  // changed.
  const SampleTable& update(const Snapshot& now, const ProcessUsage& process);

  // As of the newest update.
  [[nodiscard]] const SampleTable& samples() const { return table_; }

 private:
  Aggregate aggregate_;
  CounterSummary summary_;
  SampleTable table_;
};

}  // namespace perf_exporter
