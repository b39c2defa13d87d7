#include "collectors/counting/cpu_counters.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "collectors/counting/opening_rules.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kNotOpen = std::numeric_limits<std::size_t>::max();
constexpr RawCount kFaultPause = opening_rules::kReopenFailing.count();  // ns

}  // namespace

CpuCounters::CpuCounters(CpuInfo info, const EventTraits& traits)
    : open_(std::make_shared<OpenState>(
          OpenState{std::move(info),
                    std::vector<std::size_t>(traits.events.size(), OpenState::kNotOpen),
                    {},
                    std::nullopt})),
      group_index_(traits.events.size(), kNotOpen),
      scalers_(group_index_.size()),
      past_times_(group_index_.size()),
      withheld_(traits),
      conditions_(group_index_.size()) {}

RawCount CpuCounters::collect(PerfKernel& kernel) {
  RawCount before = monotonic_ns();
  for (WatchedGroup& watched : groups_) {
    claim_.call_begins(before);
    watched.opened.group.fetch(kernel);
    const RawCount after = monotonic_ns();
    watched.fetched = {before, after};
    before = after;
  }
  return before;
}

void CpuCounters::apply(RawCount now) {
  faults_.clear();
  unanswered_ = false;
  applied_at_ = now;
  for (WatchedGroup& watched : groups_) {
    apply_group(watched);
  }
  note_absence();
  // Groups that belong together may be read apart, so all are judged before any is counted.
  const bool is_silence_new = withheld_.judge();
  conditions_changed_ = conditions_.take_change() || is_silence_new;
  for (const WatchedGroup& watched : groups_) {
    scale(watched);
  }
  withheld_.end_reading();
}

// The CPU was offline where the clocks of all its groups stood still. That explains all that its
// readings lack.
void CpuCounters::note_absence() {
  const bool was_away = std::all_of(groups_.begin(), groups_.end(), [](const WatchedGroup& group) {
    return group.state == GroupState::dead;
  });
  if (!groups_.empty() && was_away) {
    came_back_ = true;
    faults_.clear();
  }
}

void CpuCounters::apply_group(WatchedGroup& watched) {
  watched.read_time = watched.fetched.ended - watched.fetched.begun;
  const auto got = watched.opened.group.take(watched.reading);
  if (!got) {
    note_fault(watched, got.error());
    return;
  }
  watched.fault.reset();
  watched.failures = 0;
  watch(watched);
}

// Where a member was lost, the times tell whether the CPU was away.
void CpuCounters::note_fault(WatchedGroup& watched, const ReadFault& why) {
  faults_.push_back(why.fault);
  watched.fault = why.fault;
  const bool has_times = why.lies == ReadFault::Lies::in_members;
  if (has_times) {
    const GroupReading& reading = watched.reading;
    watched.state = watched.watch.observe(reading.enabled, reading.running, watched.fetched);
  }
  if (++watched.failures >= opening_rules::kFailuresInARow) {
    conditions_.note_failure(watched.opened.events, why);
  } else if (!has_times) {
    return;
  }
  if (asked_for_fault_at_ == 0 || applied_at_ >= asked_for_fault_at_ + kFaultPause) {
    asked_for_fault_at_ = applied_at_;
    ask_to_be_reopened();
  }
}

void CpuCounters::settle() {
  for (CountScaler& scaler : scalers_) {
    scaler.close();
  }
}

std::vector<OpenedGroup> CpuCounters::release() {
  settle();
  std::vector<OpenedGroup> old;
  for (WatchedGroup& watched : groups_) {
    GroupTimes& past = past_times_[watched.opened.events.front()];
    past.enabled += watched.reading.enabled;
    past.running += watched.reading.running;
    old.push_back(std::move(watched.opened));
  }
  groups_.clear();
  auto open = std::make_shared<OpenState>(*open_);
  open->leaders.assign(group_index_.size(), OpenState::kNotOpen);
  open_ = std::move(open);
  withheld_.forget_open();
  group_index_.assign(group_index_.size(), kNotOpen);
  installed_ = false;
  return old;
}

// A total that was there is not taken away because its group is new and has not run yet.
GroupState CpuCounters::state_before(const OpenedGroup& group) const {
  const bool had_data = std::any_of(group.events.begin(), group.events.end(),
                                    [this](std::size_t event) { return total(event).has_value(); });
  return had_data ? GroupState::multiplexed : GroupState::starved;
}

std::vector<OpenedGroup> CpuCounters::install(OpenedCpu opened) {
  std::vector<GroupState> before;
  for (const OpenedGroup& group : opened.groups) {
    before.push_back(state_before(group));
  }
  std::vector<OpenedGroup> old = release();
  auto open = std::make_shared<OpenState>(*open_);
  open->refusals = std::move(opened.refusals);
  open->crowded = std::move(opened.crowded);
  for (const auto& [event, refusal] : open->refusals) {
    conditions_.forget(event);
  }
  for (OpenedGroup& group : opened.groups) {
    for (const std::size_t event : group.events) {
      group_index_[event] = groups_.size();
      open->leaders[event] = group.events.front();
    }
    WatchedGroup watched;
    watched.watch = GroupWatch(before[groups_.size()], group.clock);
    watched.opened = std::move(group);
    groups_.push_back(std::move(watched));
  }
  open_ = std::move(open);
  installed_ = true;
  arrangement_ = opened.arrangement;
  offline_ = false;
  unanswered_ = false;
  applied_at_ = 0;
  came_back_ = false;
  wants_reopening_.reset();
  return old;
}

std::vector<OpenedGroup> enable_groups(PerfKernel& kernel, OpenedCpu& opened) {
  std::vector<OpenedGroup> unused;
  std::vector<OpenedGroup> enabled;
  for (OpenedGroup& group : opened.groups) {
    if (const auto done = group.group.enable(kernel); !done) {
      for (const std::size_t event : group.events) {
        const bool is_refused = status_of_refusal(done.error().code) == EventStatus::refused;
        opened.refusals[event] = {is_refused ? EventStatus::refused : EventStatus::busy,
                                  done.error()};
      }
      unused.push_back(std::move(group));
    } else {
      enabled.push_back(std::move(group));
    }
  }
  opened.groups = std::move(enabled);
  return unused;
}

void CpuCounters::watch(WatchedGroup& watched) {
  const GroupReading& reading = watched.reading;
  watched.state = watched.watch.observe(reading.enabled, reading.running, watched.fetched);
  const GroupState state = *watched.state;
  const ShareWindow times{reading.enabled, reading.running};
  if (watched.watch.is_excused()) {
    watched.window = times;
  }
  conditions_.note_times(watched.opened.events, times, state, watched.window);
  const bool loses_time = state == GroupState::multiplexed || state == GroupState::starved;
  if (watched.opened.is_merged_hardware && loses_time) {
    conditions_.note_parting(watched.opened.events);
    wants_reopening_ = Arrangement::apart;
  }
  if (watched.state == GroupState::dead) {
    ask_to_be_reopened();
  }
  for (std::size_t i = 0; i < watched.opened.events.size(); ++i) {
    withheld_.note(watched.opened.events[i], reading.members[i].value, reading.running);
  }
}

void CpuCounters::scale(const WatchedGroup& watched) {
  if (watched.fault) {
    return;
  }
  const GroupReading& reading = watched.reading;
  for (std::size_t i = 0; i < watched.opened.events.size(); ++i) {
    const std::size_t event = watched.opened.events[i];
    const EventReading counted{reading.members[i].value, reading.enabled, reading.running};
    if (withheld_.of(event) != Withheld::no) {
      scalers_[event].skip(counted);
    } else if (watched.state == GroupState::starved && watched.watch.window_begins()) {
      scalers_[event].starve(counted);
    } else {
      scalers_[event].update(counted);
    }
  }
}

void CpuCounters::set_info(CpuInfo info) {
  auto open = std::make_shared<OpenState>(*open_);
  open->info = std::move(info);
  open_ = std::move(open);
}

void CpuCounters::excuse_sharing(RawCount until) {
  for (WatchedGroup& watched : groups_) {
    watched.watch.excuse_sharing(until);
  }
}

void CpuCounters::ask_to_be_reopened() {
  wants_reopening_ = wants_reopening_.value_or(arrangement_);
}

void CpuCounters::mark_offline() {
  offline_ = true;
}

}  // namespace perf_exporter
