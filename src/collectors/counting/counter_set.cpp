#include "collectors/counting/counter_set.h"

#include <algorithm>
#include <iterator>

#include "base/clock.h"

namespace perf_exporter {
CounterSet::CounterSet(PerfKernel& kernel, EventSet events, OnlineCpus online)
    : kernel_(kernel), events_(std::move(events)), traits_(events_), online_(std::move(online)) {}

void CounterSet::install(const CpuInfo& info, OpenedCpu opened) {
  Reading reading(closing_calls_);
  Lock lock(mutex_);
  const auto [entry, is_new] =
      cpus_.try_emplace(info.cpu, std::make_shared<const CpuInfo>(info), traits_);
  if (is_new) {
    mark_untrusted(entry->second);
  }
  TargetCounters* counters = claim(info.cpu, lock);
  if (counters == nullptr) {
    reading.closing.add(info.cpu, states_.share(std::move(opened), events_.size()).groups);
    return;
  }
  reading.target = take_storage();
  const bool reads = !counters->is_offline();
  lock.unlock();
  if (reads) {
    counters->collect(kernel_, *reading.target);
  }
  counters->claim().call_begins(monotonic_ns());
  reading.closing.add(info.cpu, enable_groups(kernel_, opened));
  lock.lock();
  if (reads) {
    counters->apply(monotonic_ns(), *reading.target);
  }
  reading.closing.add(info.cpu,
                      counters->install(states_.share(std::move(opened), events_.size())));
  give_back(*counters, reading.closing);
  storage_.push_back(std::move(reading.target));
  reopenings_ += is_new ? 0 : 1;
  ++generation_;
  reading_ended_ = 0;
}

void CounterSet::set_info(const CpuInfo& info) {
  Closing closing(closing_calls_);
  const std::lock_guard lock(mutex_);
  const auto entry = cpus_.find(info.cpu);
  if (entry == cpus_.end()) {
    return;
  }
  const CpuInfo& before = *entry->second.info();
  CpuInfo now = updated(before, info);
  if (now == before) {
    return;
  }
  if (now.package != before.package) {
    drop(entry, closing);
    return;
  }
  entry->second.set_info(std::make_shared<const CpuInfo>(std::move(now)));
  mark_untrusted(entry->second);
  ++generation_;
}

void CounterSet::release(CpuId cpu) {
  Reading reading(closing_calls_);
  Lock lock(mutex_);
  TargetCounters* counters = claim(cpu, lock);
  if (counters == nullptr) {
    return;
  }
  reading.target = take_storage();
  if (!counters->is_offline()) {
    lock.unlock();
    counters->collect(kernel_, *reading.target);
    lock.lock();
    counters->apply(monotonic_ns(), *reading.target);
  }
  reading.closing.add(cpu, counters->release());
  give_back(*counters, reading.closing);
  storage_.push_back(std::move(reading.target));
  ++generation_;
}

void CounterSet::excuse_sharing(CpuId cpu, RawCount until) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = cpus_.find(cpu); entry != cpus_.end()) {
    entry->second.excuse_sharing(until);
  }
}

bool CounterSet::keep_only(const CpuList& keep) {
  Closing closing(closing_calls_);
  const std::lock_guard lock(mutex_);
  bool dropped = false;
  for (auto entry = cpus_.begin(); entry != cpus_.end();) {
    const auto next = std::next(entry);
    if (!contains(keep, entry->first) || entry->second.is_offline()) {
      drop(entry, closing);
      dropped = true;
    }
    entry = next;
  }
  return dropped;
}

void CounterSet::drop(std::map<CpuId, TargetCounters>::iterator entry, Closing& closing) {
  retire(entry->second);
  const bool in_call = entry->second.claim().is_held();
  if (in_call) {
    departed_.push_back(cpus_.extract(entry));
  } else {
    closing.add(cpus_.extract(entry));
  }
  ++generation_;
}

void CounterSet::retire(TargetCounters& counters) {
  counters.settle();
  RetiredCounts& retired = retired_[counters.info()->package];
  retired.counts.resize(events_.size());
  retired.times.resize(events_.size());
  for (std::size_t event = 0; event < events_.size(); ++event) {
    const GroupTimes times = counters.times_ever_led_by(event);
    retired.counts[event] += counters.counted(event);
    retired.times[event].enabled += times.enabled;
    retired.times[event].running += times.running;
  }
}

void CounterSet::set_untrusted(std::map<std::string, std::vector<bool>> by_pmu) {
  const std::lock_guard lock(mutex_);
  untrusted_ = std::move(by_pmu);
  for (auto& [cpu, counters] : cpus_) {
    mark_untrusted(counters);
  }
  reading_ended_ = 0;
}

void CounterSet::mark_untrusted(TargetCounters& counters) const {
  const auto found = untrusted_.find(counters.info()->pmu);
  counters.set_untrusted(found != untrusted_.end() ? found->second : std::vector<bool>{});
}

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
