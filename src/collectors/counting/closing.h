// Closing events, which may take long or for ever, away from the lock of the counters.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/count.h"
#include "collectors/counting/target_counters.h"
#include "host/cpu_list.h"

namespace perf_exporter {

// Which CPUs' events are being closed, and since when. Thread-safe.
class ClosingCalls {
 public:
  struct Call {
    CpuId cpu;
    RawCount since;  // CLOCK_MONOTONIC, ns
  };
  using Place = std::list<Call>::iterator;

  Place begin(CpuId cpu, RawCount now);
  void end(Place call);

  // The CPUs of calls that have lasted for CallClaim::kPatience.
  [[nodiscard]] CpuList hanging(RawCount now) const;

 private:
  mutable std::mutex mutex_;
  std::list<Call> calls_;
};

// What is to be closed once the lock is released: made before the lock is taken, so that it goes
// away after it. `calls` tells of it meanwhile.
class Closing {
 public:
  using Node = std::map<CpuId, TargetCounters>::node_type;

  explicit Closing(ClosingCalls& calls) : calls_(calls) {}
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing();

  void add(CpuId cpu, std::vector<EventGroup> groups) {
    groups_.emplace_back(cpu, std::move(groups));
  }
  void add(Node cpu) { cpus_.push_back(std::move(cpu)); }

 private:
  ClosingCalls& calls_;
  std::vector<std::pair<CpuId, std::vector<EventGroup>>> groups_;
  std::vector<Node> cpus_;
};

}  // namespace perf_exporter
