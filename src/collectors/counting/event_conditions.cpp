#include "collectors/counting/event_conditions.h"

#include <utility>

namespace perf_exporter {
namespace {

constexpr RawCount kShortestWindow = 50'000'000;  // ns: the kernel rotates every 4 ms
constexpr RawCount kWholePercent = 98;
constexpr RawCount kOver = 30'000'000'000;  // ns

}  // namespace

EventConditions::EventConditions(std::size_t events) : events_(events) {}

void EventConditions::set(std::size_t event, const EventCondition& condition) {
  if (noted_.empty() && condition.lack == Lack::none) {
    return;
  }
  noted_.resize(events_);
  Noted& now = noted_[event];
  changed_ = changed_ || now.condition.lack != condition.lack ||
             now.condition.error != condition.error ||
             now.condition.percent.has_value() != condition.percent.has_value();
  if (condition.lack == Lack::shared) {
    now.whole_for = 0;
  }
  now.condition = condition;
}

void EventConditions::judge(std::size_t event, GroupState state, const GroupClocks& passed) {
  if (state == GroupState::starved) {
    set(event, {Lack::taken, std::nullopt, 0});
  } else if (passed.running * 100 < passed.enabled * kWholePercent) {
    set(event, {Lack::shared, static_cast<std::uint8_t>(passed.running * 100 / passed.enabled), 0});
  } else if (!noted_.empty()) {
    noted_[event].whole_for += passed.enabled;
    if (of(event).lack != Lack::shared || noted_[event].whole_for >= kOver) {
      set(event, {});
    }
  }
}

void EventConditions::note_times(const std::vector<std::size_t>& events, const GroupClocks& now,
                                 GroupState state, GroupClocks& window) {
  for (const std::size_t event : events) {
    const Lack lack = of(event).lack;
    if (lack == Lack::unread || lack == Lack::cut_short) {
      set(event, {});
    }
  }
  if (state == GroupState::dead || now.run_backwards_from(window)) {
    window = now;
    return;
  }
  const GroupClocks passed = now - window;
  if (passed.enabled < kShortestWindow) {
    return;
  }
  window = now;
  for (const std::size_t event : events) {
    judge(event, state, passed);
  }
}

void EventConditions::note_parting(const std::vector<std::size_t>& events) {
  for (const std::size_t event : events) {
    if (of(event).lack == Lack::none) {
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
  if (!noted_.empty()) {
    noted_[event] = {};
  }
}

bool EventConditions::take_change() {
  return std::exchange(changed_, false);
}

}  // namespace perf_exporter
