#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/counting/counter_set.h"

namespace perf_exporter {

// What the exporter's own machinery holds of one CPU at one reading. Absent where it has no data.
struct CpuReading {
  std::map<std::string_view, Count> totals;              // by event
  std::map<std::string_view, std::string_view> leaders;  // by event: its group's leader
  std::map<std::string_view, EventStatus> statuses;      // by event
  std::map<std::string_view, GroupTimes> times;          // by leader
};

// One CPU counted as the exporter counts it: the catalogue's rows of some collectors, opened by a
// GroupOpener, held and read by a CounterSet.
class CountedCpu {
 public:
  // `kernel` must outlive this.
  CountedCpu(PerfKernel& kernel, const std::vector<std::string>& collectors, CpuId cpu);

  // A reading of its own: waits until none before can be shared. What fails fails the test.
  CpuReading read();

 private:
  CpuId cpu_;
  CounterSet counters_;
};

}  // namespace perf_exporter
