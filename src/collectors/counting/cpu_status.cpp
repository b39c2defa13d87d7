// What a CPU's counters tell of its events.
#include <algorithm>

#include "collectors/counting/cpu_counters.h"

namespace perf_exporter {

const CpuCounters::WatchedGroup* CpuCounters::group_of(std::size_t event) const {
  const std::size_t index = group_index_[event];
  return index < groups_.size() ? &groups_[index] : nullptr;
}

std::optional<Count> CpuCounters::total(std::size_t event) const {
  const auto now = status(event);
  return has_data(now) ? std::optional(scalers_[event].total()) : std::nullopt;
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
  if (!scalers_[event].has_total()) {
    return std::nullopt;
  }
  return watched->state == GroupState::counting ? EventStatus::counting : EventStatus::multiplexed;
}

const EventRefusal* CpuCounters::refusal(std::size_t event) const {
  const auto refused = open_->refusals.find(event);
  return refused != open_->refusals.end() ? &refused->second : nullptr;
}

std::optional<std::size_t> CpuCounters::leader_of(std::size_t event) const {
  const std::size_t leader = open_->leaders[event];
  return leader != OpenState::kNotOpen ? std::optional(leader) : std::nullopt;
}

std::optional<GroupTimes> CpuCounters::times_led_by(std::size_t event) const {
  const WatchedGroup* watched = group_of(event);
  if (watched == nullptr || watched->opened.events.front() != event || !has_times(*watched)) {
    return std::nullopt;
  }
  return times_ever_led_by(event);
}

bool CpuCounters::has_times(const WatchedGroup& watched) const {
  return !offline_ && !unanswered_ && !watched.fault && watched.state != GroupState::dead;
}

GroupTimes CpuCounters::times_ever_led_by(std::size_t event) const {
  GroupTimes times = past_times_[event];
  const WatchedGroup* watched = group_of(event);
  if (watched != nullptr && watched->opened.events.front() == event) {
    times.enabled += watched->reading.enabled;
    times.running += watched->reading.running;
  }
  return times;
}

bool CpuCounters::includes_guests() const {
  return std::any_of(groups_.begin(), groups_.end(), [](const WatchedGroup& watched) {
    return watched.opened.is_hardware && watched.opened.clock == GroupClock::always_runs;
  });
}

std::size_t CpuCounters::descriptors() const {
  std::size_t count = 0;
  for (const WatchedGroup& watched : groups_) {
    count += watched.opened.group.size();
  }
  return count;
}

void CpuCounters::show(Cell* cells, const std::vector<std::size_t>& leaders,
                       GroupCell* groups) const {
  for (std::size_t event = 0; event < scalers_.size(); ++event) {
    Cell& cell = cells[event];
    cell.counted = scalers_[event].total();
    cell.condition = conditions_.of(event);
    cell.status = status(event);
    cell.withheld = withheld_.of(event);
    cell.is_silent_itself = cell.withheld == Withheld::silent && withheld_.is_silent_itself(event);
  }
  for (std::size_t column = 0; column < leaders.size(); ++column) {
    const std::size_t leader = leaders[column];
    const WatchedGroup* watched = group_of(leader);
    const bool leads = watched != nullptr && watched->opened.events.front() == leader;
    groups[column] = {times_ever_led_by(leader), leads && has_times(*watched),
                      leads ? watched->read_time : 0};
  }
}

}  // namespace perf_exporter
