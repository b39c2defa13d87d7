// The exporter's own few metrics, which change rarely: build info, permissions, findings.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <vector>

namespace perf_exporter {

// Handed to the exposition beside the SampleTable, which serialises them only when `generation`
// differs from the last one it saw. So whoever fills in `families` anew must give them a generation
// that no other content of this process has had. HELP and label values are unescaped. Counters,
// whose names end in _total, gauges and untyped metrics only. Names must differ from those of the
// table's families. A metric that changes at each scrape is better placed in the SampleTable.
struct InfoFamilies {
  std::uint64_t generation = 0;
  std::vector<prometheus::MetricFamily> families;
};

}  // namespace perf_exporter
