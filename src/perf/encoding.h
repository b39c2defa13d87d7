#pragma once

#include <cstdint>

namespace perf_exporter {

// Whether what virtual machines execute on this host is counted (perf_event_attr::exclude_guest).
enum class Guests { include, exclude };

// In which modes of the CPU an event is counted (perf_event_attr's exclude_user, _kernel and _hv,
// _guest).
struct CountedModes {
  bool user = true;
  bool kernel = true;  // and a hypervisor's, where the PMU tells it apart
  bool guest = true;   // what virtual machines on this host execute

  bool operator==(const CountedModes&) const = default;
};

// What to count, as perf_event_open(2) encodes it: type, configs and modes of perf_event_attr.
struct Encoding {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  std::uint64_t config1 = 0;
  std::uint64_t config2 = 0;
  CountedModes modes = {};

  bool operator==(const Encoding&) const = default;
};

// What kind of PMU counts an event: one of a core, which has few counters and shares them; the
// kernel itself; its tracepoints.
enum class PmuKind { core, software, tracepoint };

// By the type of the encoding; a type that is none of the kernel's own numbers is a core's.
PmuKind pmu_kind(const Encoding& encoding);

// The event on one core PMU of a hybrid machine: that PMU's type in the upper half of `config`
// (PERF_PMU_TYPE_SHIFT, include/uapi/linux/perf_event.h). Only hardware and hw-cache events have
// this form; others are returned as they are.
Encoding on_pmu(const Encoding& encoding, std::uint32_t pmu_type);

// The same event with guests or without.
Encoding with_guests(const Encoding& encoding, Guests guests);

// The same in user mode alone, for the own task: what everybody may count up to
// perf_event_paranoid 2. Guests are left out, since no own task is one, and an event that includes
// them would keep a virtual machine with KVM's mediated vPMU from starting.
Encoding in_user_mode(const Encoding& encoding);

}  // namespace perf_exporter
