#include "collectors/counting/open_state.h"

#include <utility>

namespace perf_exporter {

const EventRefusal* OpenState::refusal(std::size_t event) const {
  const auto refused = refusals.find(event);
  return refused != refusals.end() ? &refused->second : nullptr;
}

std::optional<std::size_t> OpenState::leader_of(std::size_t event) const {
  return leaders[event] != kNotOpen ? std::optional(leaders[event]) : std::nullopt;
}

std::shared_ptr<const OpenState> OpenState::nothing_open(std::size_t events) {
  auto state = std::make_shared<OpenState>();
  state->leaders.assign(events, kNotOpen);
  return state;
}

std::shared_ptr<const OpenState> OpenState::closed(const OpenState& state) {
  auto now = std::make_shared<OpenState>(state);
  now->groups.clear();
  now->leaders.assign(state.leaders.size(), kNotOpen);
  return now;
}

OpenedTarget OpenStates::share(OpenedCpu opened, std::size_t events) {
  OpenedTarget target;
  OpenState state;
  state.leaders.assign(events, OpenState::kNotOpen);
  for (OpenedGroup& group : opened.groups) {
    for (const std::size_t event : group.events) {
      state.leaders[event] = group.events.front();
    }
    state.groups.push_back(
        {std::move(group.events), group.is_merged_hardware, group.includes_guests, group.clock});
    target.groups.push_back(std::move(group.group));
  }
  state.refusals = std::move(opened.refusals);
  state.crowded = std::move(opened.crowded);
  state.arrangement = opened.arrangement;
  std::erase_if(states_, [](const auto& known) { return known.expired(); });
  for (const auto& known : states_) {
    target.state = known.lock();
    if (target.state && *target.state == state) {
      return target;
    }
  }
  target.state = std::make_shared<const OpenState>(std::move(state));
  states_.push_back(target.state);
  return target;
}

}  // namespace perf_exporter
