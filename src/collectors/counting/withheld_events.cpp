#include "collectors/counting/withheld_events.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <utility>

namespace perf_exporter {
namespace {

constexpr RawCount kMinute = 60'000'000'000;  // ns
constexpr RawCount kNotOpen = std::numeric_limits<RawCount>::max();
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

WithheldEvents::WithheldEvents(const EventTraits& traits)
    : traits_(&traits),
      moved_(traits.events.size()),
      running_(moved_.size(), kNotOpen),
      trust_(moved_.size()),
      withheld_(moved_.size()),
      next_(moved_.size()) {}

void WithheldEvents::note(std::size_t event, RawCount value, RawCount running) {
  if (value > 0) {
    moved_[event] = true;
  }
  running_[event] = running;
  is_settled_ = is_settled_ && (moved_[event] || !traits_->events[event].is_mover);
}

void WithheldEvents::forget_open() {
  std::fill(running_.begin(), running_.end(), kNotOpen);
}

void WithheldEvents::set_untrusted(const std::vector<bool>& untrusted) {
  for (std::size_t event = 0; event < trust_.size(); ++event) {
    if (event < untrusted.size() && untrusted[event]) {
      trust_[event] = Trust::lost;
    } else if (trust_[event] == Trust::lost) {
      trust_[event] = Trust::returning;
      is_returning_ = true;
    }
  }
}

void WithheldEvents::end_reading() {
  if (std::exchange(is_returning_, false)) {
    std::replace(trust_.begin(), trust_.end(), Trust::returning, Trust::given);
  }
}

Withheld WithheldEvents::judged(std::size_t event) const {
  if (moved_[event] || running_[event] == kNotOpen) {
    return Withheld::no;
  }
  const std::size_t witness = traits_->instructions;
  const bool has_witness =
      witness != EventTraits::kNone && witness != event && running_[witness] != kNotOpen;
  const bool code_ran = !has_witness || moved_[witness];
  return code_ran && running_[event] >= kMinute ? Withheld::silent : Withheld::waiting;
}

bool WithheldEvents::is_silent_itself(std::size_t event) const {
  return traits_->events[event].is_mover && judged(event) == Withheld::silent;
}

bool WithheldEvents::judge() {
  if (is_settled_) {  // as nearly always
    return false;
  }
  std::fill(next_.begin(), next_.end(), Withheld::no);
  for (const std::size_t event : traits_->movers) {
    const Withheld hold = judged(event);
    if (hold == Withheld::no) {
      continue;
    }
    for (std::size_t other = 0; other < next_.size(); ++other) {
      const EventTraits::Of& own = traits_->events[event];
      const bool goes_along =
          own.is_required && traits_->events[other].semantic_group == own.semantic_group;
      if (other == event || goes_along) {
        next_[other] = std::max(next_[other], hold);
      }
    }
  }
  const auto same_silence = [](Withheld before, Withheld after) {
    return (before == Withheld::silent) == (after == Withheld::silent);
  };
  const bool changed = !std::equal(withheld_.begin(), withheld_.end(), next_.begin(), same_silence);
  withheld_.swap(next_);
  is_settled_ = std::all_of(withheld_.begin(), withheld_.end(),
                            [](Withheld hold) { return hold == Withheld::no; });
  return changed;
}

}  // namespace perf_exporter
