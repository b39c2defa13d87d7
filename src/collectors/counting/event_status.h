#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perf_exporter {

// How one event fares on one CPU.
enum class EventStatus : std::uint8_t {
  counting,
  multiplexed,  // counting, shares its counter: values are estimates
  starved,      // open, but has had a counter for less than 1 % of more than a second
  unsupported,  // this CPU's PMU has no such event, or there is no PMU
  refused,      // a permission or a limit of this host refuses it
  busy,         // somebody else holds what it needs, or its readings fail or do not come
  silent,       // open and counting, by what it says, but it or a partner of its never moves
  untrusted,    // open and counting, by what it says, but its PMU failed the truth check
  untried,      // the kernel was not asked for it
};

constexpr std::array kEventStatuses = {
    EventStatus::counting,    EventStatus::multiplexed, EventStatus::starved,
    EventStatus::unsupported, EventStatus::refused,     EventStatus::busy,
    EventStatus::silent,      EventStatus::untrusted,   EventStatus::untried,
};

// The value of the label `status`.
constexpr std::string_view to_string(EventStatus status) {
  constexpr std::string_view kNames[] = {"counting",    "multiplexed", "starved",
                                         "unsupported", "refused",     "busy",
                                         "silent",      "untrusted",   "untried"};
  static_assert(std::size(kNames) == kEventStatuses.size());
  return kNames[static_cast<std::size_t>(status)];
}

// Whether an event of this status has a value at a reading.
constexpr bool has_data(std::optional<EventStatus> status) {
  return status == EventStatus::counting || status == EventStatus::multiplexed;
}

// What the kernel's errno says of an event that was opened alone on an online CPU. Alone, because
// EINVAL and ENOSPC also mean that a group is larger than the PMU.
EventStatus status_of_refusal(int error);

// What keeps an event from being open: the kernel's answer, or, of an event that is untried, why
// the kernel is not asked.
enum class Obstacle {
  answer,
  unsafe,       // the call would, or might, end the process
  no_room,      // the own allowance of descriptors is used up
  no_counters,  // each event of its group opens alone, and the PMU does not take them together
};

// An event that is not open, and why: `fault` is the kernel's answer; its code is 0 where the
// kernel was not asked.
struct EventRefusal {
  EventStatus status = EventStatus::untried;
  Fault fault;
  Obstacle obstacle = Obstacle::answer;

  bool operator==(const EventRefusal&) const = default;
};

// The kernel's answer to an event that was opened alone.
EventRefusal refusal_of(const Fault& answer);

// Whether a limit of open descriptors is in the way, the kernel's or the own allowance.
bool is_limit(const EventRefusal& refusal);

// What a status without a refusal says of a missing value, in a few words for tables; "" where the
// value is there.
std::string_view why_absent(EventStatus status);

// The refusal in a few words for tables, with the errno's name where the kernel has answered: "no
// PMU here has it (ENOENT)", "not tried: no descriptor left".
std::string in_words(const EventRefusal& refusal);

}  // namespace perf_exporter
