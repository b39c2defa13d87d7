#include "collectors/counter_set.h"

#include <algorithm>
#include <iterator>

#include "base/clock.h"

namespace perf_exporter {
namespace {

constexpr RawCount kSharedFor = 1'000'000;  // ns: two scrapes within this time share one reading

}  // namespace

CounterSet::CounterSet(PerfKernel& kernel, std::vector<const CatalogEvent*> events,
                       OnlineCpus online)
    : kernel_(kernel), events_(std::move(events)), traits_(events_), online_(std::move(online)) {}

void CounterSet::install(const CpuInfo& info, OpenedCpu opened) {
  std::vector<OpenedGroup> old;  // closed behind the lock
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = cpus_.try_emplace(info.cpu, info, traits_);
  if (is_new) {
    mark_untrusted(entry->second);
  }
  old = entry->second.install(kernel_, std::move(opened), monotonic_ns());
  reopenings_ += is_new ? 0 : 1;
  ++generation_;
  reading_ended_ = 0;
}

void CounterSet::release(CpuId cpu) {
  std::vector<OpenedGroup> old;  // closed behind the lock
  const std::lock_guard lock(mutex_);
  if (const auto entry = cpus_.find(cpu); entry != cpus_.end()) {
    old = entry->second.release(kernel_, monotonic_ns());
    ++generation_;
  }
}

void CounterSet::pause_hardware(CpuId cpu) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = cpus_.find(cpu); entry != cpus_.end()) {
    entry->second.pause_hardware(kernel_);
  }
}

void CounterSet::resume_hardware(CpuId cpu) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = cpus_.find(cpu); entry != cpus_.end()) {
    entry->second.resume_hardware(kernel_);
  }
}

bool CounterSet::keep_only(const CpuList& keep) {
  std::vector<std::map<CpuId, CpuCounters>::node_type> gone;  // closed behind the lock
  const std::lock_guard lock(mutex_);
  for (auto entry = cpus_.begin(); entry != cpus_.end();) {
    const auto next = std::next(entry);
    if (!contains(keep, entry->first) || entry->second.is_offline()) {
      retire(entry->second);
      gone.push_back(cpus_.extract(entry));
      ++generation_;
    }
    entry = next;
  }
  return !gone.empty();
}

void CounterSet::retire(const CpuCounters& counters) {
  RetiredCounts& retired = retired_[counters.info().package];
  retired.counts.resize(events_.size());
  retired.times.resize(events_.size());
  for (std::size_t event = 0; event < events_.size(); ++event) {
    const GroupTimes times = counters.times_ever_led_by(event);
    retired.counts[event] += counters.counted(event);
    retired.times[event].enabled += times.enabled;
    retired.times[event].running += times.running;
  }
}

void CounterSet::set_untrusted(std::map<std::string, std::vector<char>> by_pmu) {
  const std::lock_guard lock(mutex_);
  untrusted_ = std::move(by_pmu);
  for (auto& [cpu, counters] : cpus_) {
    mark_untrusted(counters);
  }
}

void CounterSet::mark_untrusted(CpuCounters& counters) const {
  const auto found = untrusted_.find(counters.info().pmu);
  counters.set_untrusted(found != untrusted_.end() ? found->second : std::vector<char>{});
}

std::uint64_t CounterSet::condition_changes() const {
  const std::lock_guard lock(mutex_);
  return condition_changes_;
}

std::map<CpuId, std::map<std::size_t, EventRefusal>> CounterSet::refusals() const {
  const std::lock_guard lock(mutex_);
  std::map<CpuId, std::map<std::size_t, EventRefusal>> refusals;
  for (const auto& [cpu, counters] : cpus_) {
    for (std::size_t event = 0; event < events_.size(); ++event) {
      if (const EventRefusal* refusal = counters.refusal(event)) {
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
  for (const auto& [cpu, counters] : cpus_) {
    if (const auto arrangement = counters.wants_reopening()) {
      requests.emplace_back(cpu, *arrangement);
    }
  }
  return requests;
}

void CounterSet::set_on_change(std::function<void()> on_change) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(on_change);
}

std::vector<Fault> CounterSet::read_all(RawCount now) {
  std::vector<Fault> faults;
  bool changed = false;
  const CpuList& online = online_.refresh();
  for (auto& [cpu, counters] : cpus_) {
    if (!contains(online, cpu)) {
      counters.mark_offline();
      changed = true;
      continue;
    }
    counters.read(kernel_, now);
    faults.insert(faults.end(), counters.faults().begin(), counters.faults().end());
    condition_changes_ += counters.conditions_changed() ? 1 : 0;
    changed = changed || counters.wants_reopening().has_value() || counters.conditions_changed();
  }
  read_failures_ += faults.size();
  if (changed && on_change_) {
    on_change_();
  }
  return faults;
}

void CounterSet::with_reading(const Use& use) {
  const RawCount arrived = monotonic_ns();
  const std::lock_guard lock(mutex_);
  const RawCount now = monotonic_ns();
  const bool shares = reading_ended_ > arrived || now < reading_ended_ + kSharedFor;
  std::vector<Fault> faults;
  if (!shares) {
    faults = read_all(now);
    reading_ended_ = monotonic_ns();
  }
  use(view(), faults);
}

void CounterSet::with_state(const std::function<void(const CountersView&)>& use) const {
  const std::lock_guard lock(mutex_);
  use(view());
}

CountersView CounterSet::view() const {
  return {events_, cpus_, retired_, generation_, read_failures_, reopenings_};
}

}  // namespace perf_exporter
