#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/count.h"
#include "perf/event_group.h"
#include "perf/group_scaler.h"
#include "perf/group_watch.h"

namespace perf_exporter {

// What one thread reads of a target, and makes of it: storage that goes from target to target, so
// that none of it is each target's. Owned by the thread that holds the target's claim; filled by
// TargetCounters alone.
class TargetReading {
 public:
  // The faults of the newest reading that was taken in.
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }

 private:
  friend class TargetCounters;

  struct Group {
    Result<std::size_t> fetched = 0;  // bytes, or the kernel's refusal
    std::size_t begin = 0;            // of its own among the bytes
    ReadSpan span;
    GroupReading reading;
    GroupClocks before;  // of the reading before
    bool is_good = false;
  };

  std::vector<std::byte> bytes_;
  std::vector<Group> groups_;
  std::vector<RawCount> running_;  // by event: see WithheldEvents::judge()
  std::vector<Use> uses_;          // by event
  std::vector<Fault> faults_;
};

}  // namespace perf_exporter
