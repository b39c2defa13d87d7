#include "collectors/counting/event_conditions.h"

#include <utility>

namespace perf_exporter {
namespace {

constexpr RawCount kShortestWindow = 50'000'000;  // ns: the kernel rotates every 4 ms
constexpr RawCount kWholePercent = 98;
constexpr RawCount kOver = 30'000'000'000;  // ns

}  // namespace

EventConditions::EventConditions(std::size_t events) : conditions_(events), whole_for_(events) {}

void EventConditions::set(std::size_t event, const EventCondition& condition) {
  EventCondition& now = conditions_[event];
  changed_ = changed_ || now.lack != condition.lack || now.error != condition.error ||
             now.percent.has_value() != condition.percent.has_value();
  now = condition;
}

void EventConditions::judge(std::size_t event, GroupState state, const ShareWindow& passed) {
  if (state == GroupState::starved) {
    set(event, {Lack::taken, std::nullopt, 0});
  } else if (passed.running * 100 < passed.enabled * kWholePercent) {
    whole_for_[event] = 0;
    set(event, {Lack::shared, static_cast<std::uint8_t>(passed.running * 100 / passed.enabled), 0});
  } else {
    whole_for_[event] += passed.enabled;
    if (conditions_[event].lack != Lack::shared || whole_for_[event] >= kOver) {
      set(event, {});
    }
  }
}

void EventConditions::note_times(const std::vector<std::size_t>& events, const ShareWindow& times,
                                 GroupState state, ShareWindow& window) {
  for (const std::size_t event : events) {
    const Lack lack = conditions_[event].lack;
    if (lack == Lack::unread || lack == Lack::cut_short) {
      set(event, {});
    }
  }
  const bool runs_on = times.enabled >= window.enabled && times.running >= window.running;
  if (state == GroupState::dead || !runs_on) {
    window = times;
    return;
  }
  const ShareWindow passed{times.enabled - window.enabled, times.running - window.running};
  if (passed.enabled < kShortestWindow) {
    return;
  }
  window = times;
  for (const std::size_t event : events) {
    judge(event, state, passed);
  }
}

void EventConditions::note_parting(const std::vector<std::size_t>& events) {
  for (const std::size_t event : events) {
    if (conditions_[event].lack == Lack::none) {
      whole_for_[event] = 0;
      set(event, {Lack::shared, std::nullopt, 0});
    }
  }
}

void EventConditions::note_failure(const std::vector<std::size_t>& events, const ReadFault& why) {
  const bool is_refused = why.lies == ReadFault::Lies::in_call;
  for (const std::size_t event : events) {
    set(event, {is_refused ? Lack::unread : Lack::cut_short, std::nullopt,
                is_refused ? why.fault.code : 0});
  }
}

void EventConditions::forget(std::size_t event) {
  conditions_[event] = {};
  whole_for_[event] = 0;
}

bool EventConditions::take_change() {
  return std::exchange(changed_, false);
}

}  // namespace perf_exporter
