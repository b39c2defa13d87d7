#include "collectors/counting/closing.h"

#include "base/clock.h"

namespace perf_exporter {

ClosingCalls::Place ClosingCalls::begin(CpuId cpu, RawCount now) {
  const std::lock_guard lock(mutex_);
  return calls_.insert(calls_.end(), {cpu, now});
}

void ClosingCalls::end(Place call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call);
}

CpuList ClosingCalls::hanging(RawCount now) const {
  const std::lock_guard lock(mutex_);
  CpuList cpus;
  for (const Call& call : calls_) {
    if (now >= call.since + CallClaim::kPatience) {
      cpus = merge(cpus, {call.cpu});
    }
  }
  return cpus;
}

Closing::~Closing() {
  for (auto& [cpu, groups] : groups_) {
    const auto call = calls_.begin(cpu, monotonic_ns());
    groups.clear();
    calls_.end(call);
  }
  for (Node& node : cpus_) {
    const auto call = calls_.begin(node.key(), monotonic_ns());
    node = Node();
    calls_.end(call);
  }
}

}  // namespace perf_exporter
