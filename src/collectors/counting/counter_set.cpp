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

}  // namespace perf_exporter
