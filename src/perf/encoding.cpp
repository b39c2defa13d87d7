#include "perf/encoding.h"

#include <linux/perf_event.h>

namespace perf_exporter {

PmuKind pmu_kind(const Encoding& encoding) {
  switch (encoding.type) {
    case PERF_TYPE_SOFTWARE:
      return PmuKind::software;
    case PERF_TYPE_TRACEPOINT:
      return PmuKind::tracepoint;
    default:
      return PmuKind::core;
  }
}

Encoding on_pmu(const Encoding& encoding, std::uint32_t pmu_type) {
  constexpr unsigned kPmuTypeShift = 32;
  if (encoding.type != PERF_TYPE_HARDWARE && encoding.type != PERF_TYPE_HW_CACHE) {
    return encoding;
  }
  Encoding extended = encoding;
  extended.config |= std::uint64_t{pmu_type} << kPmuTypeShift;
  return extended;
}

Encoding with_guests(const Encoding& encoding, Guests guests) {
  Encoding changed = encoding;
  changed.modes.guest = guests == Guests::include;
  return changed;
}

Encoding in_user_mode(const Encoding& encoding) {
  Encoding changed = encoding;
  changed.modes = {.user = true, .kernel = false, .guest = false};
  return changed;
}

}  // namespace perf_exporter
