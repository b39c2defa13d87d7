#include "collectors/counting/event_status.h"

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace perf_exporter {

// The errnos in the order of the kernel's checks (kernel/events/core.c, perf_event_open).
EventStatus status_of_refusal(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case ENOSYS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return EventStatus::refused;
    case EBUSY:
    case ENOSPC:
      return EventStatus::busy;
    default:
      return EventStatus::unsupported;
  }
}

EventRefusal refusal_of(const Fault& answer) {
  return {status_of_refusal(answer.code), answer};
}

std::string_view why_absent(EventStatus status) {
  switch (status) {
    case EventStatus::starved:
      return "it had no counter, or for less than 1 % of the time";
    case EventStatus::busy:
      return "its readings fail";
    case EventStatus::silent:
      return "it opens and never moves";
    case EventStatus::untrusted:
      return "its PMU does not count right";
    case EventStatus::untried:
      return "it was not tried";
    default:
      return "";
  }
}

bool is_limit(const EventRefusal& refusal) {
  const int error = refusal.fault.code;
  return refusal.obstacle == Obstacle::no_room || error == EMFILE || error == ENFILE;
}

std::string in_words(const EventRefusal& refusal) {
  const int error = refusal.fault.code;
  const std::string suffix = error_in_brackets(error);
  if (refusal.obstacle == Obstacle::no_counters) {
    return "no room now on the PMU for its group" + suffix;
  }
  switch (refusal.status) {
    case EventStatus::unsupported:
      return "no PMU here has it" + suffix;
    case EventStatus::refused:
      return (is_limit(refusal) ? "no descriptor left" : "not permitted") + suffix;
    case EventStatus::untried:
      return "not tried: " + (is_limit(refusal) ? "no descriptor left" : refusal.fault.what);
    default:
      return "somebody else holds what it needs" + suffix;
  }
}

}  // namespace perf_exporter
