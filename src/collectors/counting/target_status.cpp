// What a target's counters tell of its events.
#include <algorithm>

#include "collectors/counting/target_counters.h"
#include "collectors/counting/target_rare.h"

namespace perf_exporter {

std::optional<std::size_t> TargetCounters::group_of(std::size_t event) const {
  const std::size_t leader = open_->leaders[event];
  for (std::size_t i = 0; leader != OpenState::kNotOpen && i < group_count_; ++i) {
    if (events_of(i).front() == leader) {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> TargetCounters::group_led_by(std::size_t event) const {
  return open_->leaders[event] == event ? group_of(event) : std::nullopt;
}

void TargetCounters::note_running(TargetReading& reading) const {
  reading.running_.assign(traits_->events.size(), WithheldEvents::kNotOpen);
  for (std::size_t i = 0; i < group_count_; ++i) {
    const GroupWatch& watch = groups_[i].watch;
    if (watch.has_read() && !watch.has_only_rested()) {
      for (const std::size_t event : events_of(i)) {
        reading.running_[event] = watch.clocks().running;
      }
    }
  }
}

void TargetCounters::note_uses(TargetReading& reading) const {
  reading.uses_.resize(traits_->events.size());
  for (std::size_t event = 0; event < reading.uses_.size(); ++event) {
    reading.uses_[event] = withheld_.of(event) == Withheld::no ? Use::counted : Use::left_out;
  }
}

std::optional<Count> TargetCounters::total(std::size_t event) const {
  const auto now = status(event);
  return has_data(now) ? std::optional(counted(event)) : std::nullopt;
}

std::optional<EventStatus> TargetCounters::status(std::size_t event) const {
  if (!flags_.is_installed || flags_.is_offline) {
    return std::nullopt;
  }
  const std::optional<std::size_t> group = group_of(event);
  if (!group) {
    const EventRefusal* refused = open_->refusal(event);
    return refused != nullptr ? refused->status : EventStatus::untried;
  }
  const WatchedGroup& watched = groups_[*group];
  if (watched.is_unread || flags_.is_unanswered) {
    return EventStatus::busy;
  }
  if (!watched.watch.has_read()) {
    return std::nullopt;
  }
  const GroupState state = watched.watch.state();
  if (state == GroupState::starved || state == GroupState::dead) {
    return EventStatus::starved;
  }
  switch (withheld_.of(event)) {
    case Withheld::no:
      break;
    case Withheld::waiting:
      return std::nullopt;
    case Withheld::silent:
      return EventStatus::silent;
    case Withheld::untrusted:
      return EventStatus::untrusted;
  }
  if (tallies_[event].has_total == 0) {
    return std::nullopt;
  }
  return state == GroupState::counting ? EventStatus::counting : EventStatus::multiplexed;
}

EventCondition TargetCounters::condition(std::size_t event) const {
  return rare_ ? rare_->conditions.of(event) : EventCondition{};
}

std::optional<GroupTimes> TargetCounters::times_led_by(std::size_t event) const {
  const std::optional<std::size_t> group = group_led_by(event);
  if (!group || !has_times(groups_[*group])) {
    return std::nullopt;
  }
  return times_ever_led_by(event);
}

bool TargetCounters::has_times(const WatchedGroup& watched) const {
  return !flags_.is_offline && !flags_.is_unanswered && !watched.is_unread &&
         watched.watch.state() != GroupState::dead;
}

GroupTimes TargetCounters::times_ever_led_by(std::size_t event) const {
  GroupTimes times;
  if (rare_) {
    for (const auto& [leader, past] : rare_->past) {
      times = leader == event ? past : times;
    }
  }
  if (const std::optional<std::size_t> group = group_led_by(event)) {
    const GroupClocks& clocks = groups_[*group].watch.clocks();
    times.enabled += clocks.enabled;
    times.running += clocks.running;
  }
  return times;
}

std::optional<Arrangement> TargetCounters::wants_reopening() const {
  if (flags_.wants_parting) {
    return Arrangement::apart;
  }
  return flags_.wants_reopening ? std::optional(open_->arrangement) : std::nullopt;
}

bool TargetCounters::includes_guests() const {
  return std::ranges::any_of(open_->groups,
                             [](const OpenState::Group& group) { return group.includes_guests; });
}

std::size_t TargetCounters::descriptors() const {
  std::size_t count = 0;
  for (const WatchedGroup& watched : groups()) {
    count += watched.group.size();
  }
  return count;
}

void TargetCounters::show(Cell* cells, const std::vector<std::size_t>& leaders,
                          GroupCell* groups) const {
  for (std::size_t event = 0; event < traits_->events.size(); ++event) {
    Cell& cell = cells[event];
    cell.counted = counted(event);
    cell.condition = condition(event);
    cell.status = status(event);
    cell.withheld = withheld_.of(event);
    cell.is_silent_itself = cell.withheld == Withheld::silent && withheld_.is_silent_itself(event);
  }
  for (std::size_t column = 0; column < leaders.size(); ++column) {
    const std::size_t leader = leaders[column];
    const std::optional<std::size_t> group = group_led_by(leader);
    groups[column] = {times_ever_led_by(leader), group && has_times(groups_[*group]),
                      group ? groups_[*group].read_time : 0};
  }
}

}  // namespace perf_exporter
