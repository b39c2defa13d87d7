// The part of CounterSet that tells what is counted, and how it fares.
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "collectors/counting/counter_set.h"

namespace perf_exporter {

CpuList CounterSet::hanging() const {
  const std::lock_guard lock(mutex_);
  const RawCount now = monotonic_ns();
  CpuList cpus;
  for (const auto& [cpu, counters] : cpus_) {
    if (counters.claim().hangs(now)) {
      cpus.push_back(cpu);
    }
  }
  return merge(cpus, closing_calls_.hanging(now));
}

std::uint64_t CounterSet::condition_changes() const {
  const std::lock_guard lock(mutex_);
  return condition_changes_;
}

std::vector<unsigned> CounterSet::conditions() const {
  constexpr unsigned kSilent = 1;  // the bit of Lack::none
  const std::lock_guard lock(mutex_);
  std::vector<unsigned> kinds(events_.size());
  for (const auto& [cpu, counters] : cpus_) {
    for (std::size_t event = 0; event < events_.size(); ++event) {
      const Lack lack = counters.condition(event).lack;
      kinds[event] |= lack != Lack::none ? 1U << static_cast<unsigned>(lack) : 0U;
      kinds[event] |= counters.status(event) == EventStatus::silent ? kSilent : 0U;
    }
  }
  return kinds;
}

std::map<CpuId, std::map<std::size_t, EventRefusal>> CounterSet::refusals() const {
  const std::lock_guard lock(mutex_);
  std::map<CpuId, std::map<std::size_t, EventRefusal>> refusals;
  for (const auto& [cpu, counters] : cpus_) {
    for (std::size_t event = 0; event < events_.size(); ++event) {
      if (const EventRefusal* refusal = counters.open_state()->refusal(event)) {
        refusals[cpu][event] = *refusal;
      }
    }
  }
  return refusals;
}

CpuList CounterSet::installed() const {
  const std::lock_guard lock(mutex_);
  CpuList cpus;
  for (const auto& [cpu, counters] : cpus_) {
    cpus.push_back(cpu);
  }
  return cpus;
}

bool CounterSet::hangs(CpuId cpu) const {
  const std::lock_guard lock(mutex_);
  const auto entry = cpus_.find(cpu);
  return entry != cpus_.end() && entry->second.claim().hangs(monotonic_ns());
}

std::size_t CounterSet::descriptors() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [cpu, counters] : cpus_) {
    count += counters.descriptors();
  }
  return count;
}

std::size_t CounterSet::descriptors_of(CpuId cpu) const {
  const std::lock_guard lock(mutex_);
  const auto entry = cpus_.find(cpu);
  return entry != cpus_.end() ? entry->second.descriptors() : 0;
}

std::vector<std::pair<CpuId, Arrangement>> CounterSet::reopen_requests() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<CpuId, Arrangement>> requests;
  const RawCount now = monotonic_ns();
  for (const auto& [cpu, counters] : cpus_) {
    const auto arrangement = counters.wants_reopening();
    if (arrangement && !counters.claim().hangs(now)) {
      requests.emplace_back(cpu, *arrangement);
    }
  }
  return requests;
}

std::vector<std::pair<CpuId, Arrangement>> CounterSet::including_guests() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<CpuId, Arrangement>> cpus;
  for (const auto& [cpu, counters] : cpus_) {
    if (counters.includes_guests()) {
      cpus.emplace_back(cpu, counters.open_state()->arrangement);
    }
  }
  return cpus;
}

CpuList CounterSet::came_back() const {
  const std::lock_guard lock(mutex_);
  CpuList cpus;
  for (const auto& [cpu, counters] : cpus_) {
    if (counters.came_back()) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

RawCount CounterSet::read_at() const {
  const std::lock_guard lock(mutex_);
  return reading_ended_;
}

void CounterSet::set_on_change(std::function<void()> on_change) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(on_change);
}

std::shared_ptr<const Snapshot> CounterSet::state() const {
  const std::lock_guard lock(mutex_);
  return newest();
}

// With the lock held.
std::shared_ptr<const Snapshot> CounterSet::newest() const {
  if (newest_ && reading_ended_ != 0 && newest_->read_at() == reading_ended_ &&
      newest_->generation() == generation_) {
    return newest_;
  }
  const std::shared_ptr<Snapshot> made = snapshots_.take();
  made->begin(shape(), {++snapshots_made_, read_failures_, reopenings_, reading_ended_});
  std::size_t row = 0;
  for (const auto& [cpu, counters] : cpus_) {
    counters.show(made->cells_of(row), made->shape().leaders, made->groups_of(row));
    made->row(row++).set_offline(counters.is_offline());
  }
  newest_ = made;
  return made;
}

std::shared_ptr<const SnapshotShape> CounterSet::shape() const {
  if (newest_ && newest_->generation() == generation_) {
    return newest_->shared_shape();
  }
  std::vector<SnapshotTarget> targets;
  targets.reserve(cpus_.size());
  for (const auto& [cpu, counters] : cpus_) {
    targets.push_back({counters.info(), counters.open_state()});
  }
  return std::make_shared<SnapshotShape>(generation_, events_, std::move(targets), retired_);
}

}  // namespace perf_exporter
