#include "collectors/cpu_counters.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kNotOpen = std::numeric_limits<std::size_t>::max();

}  // namespace

CpuCounters::CpuCounters(CpuInfo info, const EventTraits& traits)
    : info_(std::move(info)),
      group_index_(traits.semantic_group.size(), kNotOpen),
      scalers_(group_index_.size()),
      past_times_(group_index_.size()),
      holds_(traits) {}

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
  conditions_changed_ = false;
  unanswered_ = false;
  applied_at_ = now;
  for (WatchedGroup& watched : groups_) {
    apply_group(watched);
  }
  note_absence();
  // Groups that belong together may be read apart, so all are judged before any is counted.
  conditions_changed_ = holds_.judge() || conditions_changed_;
  for (const WatchedGroup& watched : groups_) {
    scale(watched);
  }
  holds_.end_reading();
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
  if (paused_at_ != 0 && watched.opened.is_hardware) {
    watched.watch.excuse_clock();
  }
  const auto got = watched.opened.group.take(watched.reading);
  if (!got) {
    faults_.push_back(got.error());
    watched.fault = got.error();
    if (got.error().code == 0) {
      ask_to_be_reopened();
      const GroupReading& reading = watched.reading;
      watched.state = watched.watch.observe(reading.enabled, reading.running, watched.fetched);
    }
    return;
  }
  watched.fault.reset();
  watch(watched);
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
    past.enabled += watched.reading.enabled + watched.paused;
    past.running += watched.reading.running;
    old.push_back(std::move(watched.opened));
  }
  groups_.clear();
  holds_.forget_open();
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
  refusals_ = std::move(opened.refusals);
  for (OpenedGroup& group : opened.groups) {
    for (const std::size_t event : group.events) {
      group_index_[event] = groups_.size();
    }
    WatchedGroup watched;
    watched.watch = GroupWatch(before[groups_.size()], group.clock);
    watched.opened = std::move(group);
    groups_.push_back(std::move(watched));
  }
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
  const auto before = std::exchange(
      watched.state, watched.watch.observe(reading.enabled, reading.running, watched.fetched));
  if (before && (before == GroupState::starved) != (watched.state == GroupState::starved)) {
    conditions_changed_ = true;
  }
  const bool loses_time =
      watched.state == GroupState::multiplexed || watched.state == GroupState::starved;
  if (watched.opened.is_merged_hardware && loses_time) {
    wants_reopening_ = Arrangement::apart;
  }
  if (watched.state == GroupState::dead) {
    ask_to_be_reopened();
  }
  for (std::size_t i = 0; i < watched.opened.events.size(); ++i) {
    holds_.note(watched.opened.events[i], reading.members[i].value, reading.running);
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
    if (holds_.of(event) != Hold::none) {
      scalers_[event].skip(counted);
    } else if (watched.state == GroupState::starved && watched.watch.window_begins()) {
      scalers_[event].starve(counted);
    } else {
      scalers_[event].update(counted);
    }
  }
}

bool CpuCounters::control_hardware(PerfKernel& kernel, GroupControl what) {
  bool all_obeyed = true;
  for (WatchedGroup& watched : groups_) {
    if (watched.opened.is_hardware) {
      claim_.call_begins(monotonic_ns());
      EventGroup& group = watched.opened.group;
      const auto done = what == GroupControl::enable ? group.enable(kernel) : group.disable(kernel);
      all_obeyed = done && all_obeyed;
    }
  }
  return all_obeyed;
}

void CpuCounters::note_pause(RawCount now) {
  paused_at_ = now;
}

void CpuCounters::note_resumption(RawCount now) {
  const RawCount begun = std::exchange(paused_at_, 0);
  for (WatchedGroup& watched : groups_) {
    watched.watch.excuse_clock();
    watched.paused += watched.opened.is_hardware && begun != 0 ? now - begun : 0;
  }
}

void CpuCounters::ask_to_be_reopened() {
  wants_reopening_ = wants_reopening_.value_or(arrangement_);
}

void CpuCounters::mark_offline() {
  offline_ = true;
}

const CpuCounters::WatchedGroup* CpuCounters::group_of(std::size_t event) const {
  const std::size_t index = group_index_[event];
  return index < groups_.size() ? &groups_[index] : nullptr;
}

std::optional<Count> CpuCounters::total(std::size_t event) const {
  const auto now = status(event);
  if (now != EventStatus::counting && now != EventStatus::multiplexed) {
    return std::nullopt;
  }
  return scalers_[event].total();
}

std::optional<EventStatus> CpuCounters::status(std::size_t event) const {
  if (!installed_ || offline_) {
    return std::nullopt;
  }
  const WatchedGroup* watched = group_of(event);
  if (watched == nullptr) {
    const EventRefusal* refused = refusal(event);
    return refused != nullptr ? refused->status : EventStatus::untried;
  }
  if (watched->fault || unanswered_) {
    return EventStatus::busy;
  }
  if (!watched->state) {
    return std::nullopt;
  }
  if (watched->state == GroupState::starved || watched->state == GroupState::dead) {
    return EventStatus::starved;
  }
  switch (holds_.of(event)) {
    case Hold::none:
      break;
    case Hold::waiting:
      return std::nullopt;
    case Hold::silent:
      return EventStatus::silent;
    case Hold::untrusted:
      return EventStatus::untrusted;
  }
  if (!scalers_[event].has_total()) {
    return std::nullopt;
  }
  return watched->state == GroupState::counting ? EventStatus::counting : EventStatus::multiplexed;
}

const EventRefusal* CpuCounters::refusal(std::size_t event) const {
  const auto refused = refusals_.find(event);
  return refused != refusals_.end() ? &refused->second : nullptr;
}

std::optional<std::size_t> CpuCounters::leader_of(std::size_t event) const {
  const WatchedGroup* watched = group_of(event);
  if (watched == nullptr) {
    return std::nullopt;
  }
  return watched->opened.events.front();
}

std::optional<GroupTimes> CpuCounters::times_led_by(std::size_t event) const {
  const WatchedGroup* watched = group_of(event);
  if (watched == nullptr || offline_ || unanswered_ || watched->fault ||
      watched->state == GroupState::dead || watched->opened.events.front() != event) {
    return std::nullopt;
  }
  return times_ever_led_by(event);
}

GroupTimes CpuCounters::times_ever_led_by(std::size_t event) const {
  GroupTimes times = past_times_[event];
  const WatchedGroup* watched = group_of(event);
  if (watched != nullptr && watched->opened.events.front() == event) {
    times.enabled += watched->reading.enabled + watched->paused;
    times.running += watched->reading.running;
  }
  return times;
}

std::size_t CpuCounters::descriptors() const {
  std::size_t count = 0;
  for (const WatchedGroup& watched : groups_) {
    count += watched.opened.group.size();
  }
  return count;
}

RawCount CpuCounters::read_time(std::size_t event) const {
  const WatchedGroup* watched = group_of(event);
  return watched != nullptr ? watched->read_time : 0;
}

}  // namespace perf_exporter
