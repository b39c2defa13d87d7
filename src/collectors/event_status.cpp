#include "collectors/event_status.h"

#include <cerrno>

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

}  // namespace perf_exporter
