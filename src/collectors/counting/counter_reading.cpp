// The part of CounterSet that reads: who does, who waits, and what becomes of a call that hangs.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "collectors/counting/counter_set.h"

namespace perf_exporter {
namespace {

constexpr RawCount kSharedFor = 1'000'000;  // ns: two scrapes within this time share one reading
// So many threads may be lost in reads, whatever the number of CPUs: others serve.
constexpr std::size_t kMostLost = 2;

}  // namespace

bool CounterSet::shares_reading(RawCount arrived) const {
  return reading_ended_ > arrived || monotonic_ns() < reading_ended_ + kSharedFor;
}

CounterSet::Taken CounterSet::read() {
  const RawCount arrived = monotonic_ns();
  Reading reading(
      closing_calls_);  // made before the lock, so that what it closes is closed behind it
  Lock lock(mutex_);
  while (!shares_reading(arrived)) {
    if (is_reading_) {
      wait_for_reader(lock);
    } else if (lost_readers_ == kMostLost) {
      for (auto& [cpu, counters] : cpus_) {
        counters.mark_unanswered();
      }
      reading_ended_ = 0;
      break;
    } else if (read_all(lock, reading) == Turn::done) {
      break;
    }
  }
  return {newest(), std::move(reading.faults)};
}

std::size_t CounterSet::lost_readers() const {
  const std::lock_guard lock(mutex_);
  const bool is_one_more = in_hand_ != nullptr && in_hand_->claim().hangs(monotonic_ns());
  return lost_readers_ + (is_one_more ? 1 : 0);
}

void CounterSet::wait_for_reader(Lock& lock) {
  const RawCount left =
      in_hand_ != nullptr ? in_hand_->claim().patience_left(monotonic_ns()) : CallClaim::kPatience;
  if (left > 0) {
    reading_done_.wait_for(lock, std::chrono::nanoseconds(left));
    return;
  }
  in_hand_ = nullptr;
  is_reading_ = false;
  ++turn_;
  ++lost_readers_;
}

CounterSet::Turn CounterSet::read_all(Lock& lock, Reading& reading) {
  const std::uint64_t turn = ++turn_;
  const RawCount begun = monotonic_ns();
  is_reading_ = true;
  reading.target = take_storage();
  bool changed = false;
  const CpuList& online = online_.refresh();
  for (auto entry = cpus_.begin(); entry != cpus_.end() && turn == turn_;) {
    const std::uint64_t generation = generation_;
    TargetCounters& counters = entry->second;
    if (!contains(online, entry->first)) {
      counters.mark_offline();
      changed = true;
    } else if (counters.applied_at() < begun) {
      changed = read_cpu(*entry, lock, reading) || changed;
    }
    // Once more where CPUs came, went or were opened anew meanwhile, for those not read yet.
    entry = generation == generation_ ? std::next(entry) : cpus_.begin();
  }
  storage_.push_back(std::move(reading.target));
  if (changed && on_change_) {
    on_change_();
  }
  if (turn != turn_) {
    --lost_readers_;
    return Turn::lost;
  }
  is_reading_ = false;
  reading_ended_ = monotonic_ns();
  reading_done_.notify_all();
  return Turn::done;
}

// Whether the opening thread has to be told of something.
bool CounterSet::read_cpu(Entry& entry, Lock& lock, Reading& reading) {
  const std::uint64_t turn = turn_;
  TargetCounters* counters = claim(entry, lock);
  if (counters == nullptr) {
    return false;
  }
  in_hand_ = counters;
  lock.unlock();
  const RawCount now = counters->collect(kernel_, *reading.target);
  lock.lock();
  if (turn == turn_) {
    in_hand_ = nullptr;
  }
  counters->apply(now, *reading.target);
  give_back(*counters, reading.closing);
  const std::vector<Fault>& faults = reading.target->faults();
  reading.faults.insert(reading.faults.end(), faults.begin(), faults.end());
  read_failures_ += faults.size();
  condition_changes_ += counters->conditions_changed() ? 1 : 0;
  return counters->wants_reopening().has_value() || counters->conditions_changed();
}

TargetCounters* CounterSet::claim(Entry& entry, Lock& lock) {
  if (entry.second.claim().is_held()) {
    return claim(entry.first, lock);
  }
  entry.second.claim().take(monotonic_ns());
  return &entry.second;
}

TargetCounters* CounterSet::claim(CpuId cpu, Lock& lock) {
  while (true) {
    const auto entry = cpus_.find(cpu);
    if (entry == cpus_.end()) {
      return nullptr;
    }
    CallClaim& claim = entry->second.claim();
    const RawCount now = monotonic_ns();
    if (!claim.is_held()) {
      claim.take(now);
      return &entry->second;
    }
    if (claim.patience_left(now) == 0) {
      entry->second.mark_unanswered();
      reading_ended_ = 0;
      return nullptr;
    }
    claim_freed_.wait_for(lock, std::chrono::nanoseconds(claim.patience_left(now)));
  }
}

std::unique_ptr<TargetReading> CounterSet::take_storage() {
  if (storage_.empty()) {
    return std::make_unique<TargetReading>();
  }
  std::unique_ptr<TargetReading> taken = std::move(storage_.back());
  storage_.pop_back();
  return taken;
}

void CounterSet::give_back(TargetCounters& counters, Closing& closing) {
  counters.claim().give_back();
  claim_freed_.notify_all();
  const auto departed = std::find_if(departed_.begin(), departed_.end(),
                                     [&](const Node& node) { return &node.mapped() == &counters; });
  if (departed != departed_.end()) {
    closing.add(std::move(*departed));
    departed_.erase(departed);
  }
}

}  // namespace perf_exporter
