#include "collectors/counting/withheld_events.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <utility>

namespace perf_exporter {
namespace {

constexpr RawCount kMinute = 60'000'000'000;  // ns
constexpr Encoding kInstructions{PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS};

}  // namespace

EventTraits::EventTraits(const EventSet& wanted) {
  for (std::size_t event = 0; event < wanted.size(); ++event) {
    const Event& one = wanted[event];
    const auto first = std::find_if(wanted.begin(), wanted.end(),
                                    [&](const Event& other) { return other.group == one.group; });
    events.push_back({static_cast<std::size_t>(first - wanted.begin()),
                      one.membership == Membership::required,
                      one.movement == Movement::with_instructions});
    if (events.back().is_mover) {
      movers.push_back(event);
    }
    if (one.encoding == kInstructions) {
      instructions = event;
    }
  }
}

WithheldEvents::WithheldEvents(std::size_t events) : events_(std::make_unique<Of[]>(events)) {}

void WithheldEvents::note(const EventTraits& traits, std::size_t event, RawCount value) {
  Of& one = events_[event];
  one.has_moved = one.has_moved || value > 0;
  is_settled_ = is_settled_ && (one.has_moved || !traits.events[event].is_mover);
}

void WithheldEvents::set_untrusted(const EventTraits& traits, const std::vector<bool>& untrusted) {
  for (std::size_t event = 0; event < traits.events.size(); ++event) {
    Of& one = events_[event];
    if (event < untrusted.size() && untrusted[event]) {
      one.trust = Trust::lost;
    } else if (one.trust == Trust::lost) {
      one.trust = Trust::returning;
      is_returning_ = true;
    }
  }
}

void WithheldEvents::end_reading(const EventTraits& traits) {
  if (!std::exchange(is_returning_, false)) {
    return;
  }
  for (std::size_t event = 0; event < traits.events.size(); ++event) {
    Of& one = events_[event];
    one.trust = one.trust == Trust::returning ? Trust::given : one.trust;
  }
}

Withheld WithheldEvents::judged(const EventTraits& traits, std::span<const RawCount> running,
                                std::size_t event) const {
  if (events_[event].has_moved || running[event] == kNotOpen) {
    return Withheld::no;
  }
  const std::size_t witness = traits.instructions;
  const bool has_witness =
      witness != EventTraits::kNone && witness != event && running[witness] != kNotOpen;
  const bool code_ran = !has_witness || events_[witness].has_moved;
  return code_ran && running[event] >= kMinute ? Withheld::silent : Withheld::waiting;
}

// For an event that has not moved, and, where it is a divisor, those that belong with it.
void WithheldEvents::hold(const EventTraits& traits, std::size_t event, Withheld hold) {
  events_[event].is_silent_itself = hold == Withheld::silent;
  const EventTraits::Of& own = traits.events[event];
  for (std::size_t other = 0; other < traits.events.size(); ++other) {
    const bool goes_along =
        own.is_required && traits.events[other].semantic_group == own.semantic_group;
    if (other == event || goes_along) {
      events_[other].next = std::max(events_[other].next, hold);
    }
  }
}

bool WithheldEvents::judge(const EventTraits& traits, std::span<const RawCount> running) {
  if (is_settled_) {  // as nearly always
    return false;
  }
  const std::span<Of> all(events_.get(), traits.events.size());
  for (Of& one : all) {
    one.next = Withheld::no;
    one.is_silent_itself = false;
  }
  for (const std::size_t event : traits.movers) {
    if (const Withheld why = judged(traits, running, event); why != Withheld::no) {
      hold(traits, event, why);
    }
  }
  bool changed = false;
  is_settled_ = true;
  for (Of& one : all) {
    changed = changed || (one.withheld == Withheld::silent) != (one.next == Withheld::silent);
    is_settled_ = is_settled_ && one.next == Withheld::no;
    one.withheld = one.next;
  }
  return changed;
}

}  // namespace perf_exporter
