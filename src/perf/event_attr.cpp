#include "perf/event_attr.h"

namespace perf_exporter {

EventSpec on_pmu(const EventSpec& spec, std::uint32_t pmu_type) {
  constexpr unsigned kPmuTypeShift = 32;
  if (spec.type != PERF_TYPE_HARDWARE && spec.type != PERF_TYPE_HW_CACHE) {
    return spec;
  }
  EventSpec extended = spec;
  extended.config |= std::uint64_t{pmu_type} << kPmuTypeShift;
  return extended;
}

perf_event_attr counting_attr(const EventSpec& spec, GroupRole role, Guests guests) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = spec.type;
  attr.config = spec.config;
  attr.config1 = spec.config1;
  attr.config2 = spec.config2;
  attr.disabled = role == GroupRole::leader ? 1 : 0;
  attr.exclude_guest = guests == Guests::exclude ? 1 : 0;
  attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                     PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attr;
}

perf_event_attr own_task_attr(const EventSpec& spec, GroupRole role) {
  perf_event_attr attr = counting_attr(spec, role, Guests::exclude);
  attr.exclude_kernel = 1;
  attr.exclude_hv = 1;
  return attr;
}

}  // namespace perf_exporter
