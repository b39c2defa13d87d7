#pragma once

#include <linux/perf_event.h>

#include <cstdint>

namespace perf_exporter {

// What to count, as perf_event_open(2) encodes it: the type and configs of perf_event_attr.
struct EventSpec {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  std::uint64_t config1 = 0;
  std::uint64_t config2 = 0;

  bool operator==(const EventSpec&) const = default;
};

// Whether what virtual machines execute on this host is counted (perf_event_attr::exclude_guest).
enum class Guests { include, exclude };

// The event on one core PMU of a hybrid machine: that PMU's type in the upper half of `config`
// (PERF_PMU_TYPE_SHIFT, include/uapi/linux/perf_event.h). Only hardware and hw-cache events have
// this form; others are returned as they are.
EventSpec on_pmu(const EventSpec& spec, std::uint32_t pmu_type);

// A leader starts disabled and is enabled with its whole group by one ioctl; members follow it.
// (From Linux 6.12 on, members of a software group whose leader is opened enabled may never run.)
enum class GroupRole { leader, member };

// The attr of a counting event: kernel and user mode, never pinned, never inherited, read as a
// group with ids and both times (PERF_FORMAT_GROUP | ID | TOTAL_TIME_ENABLED | TOTAL_TIME_RUNNING).
perf_event_attr counting_attr(const EventSpec& spec, GroupRole role, Guests guests);

// The same in user mode alone, for the own task: what everybody may count up to
// perf_event_paranoid 2. Guests are left out, since no own task is one, and an event that includes
// them would keep a virtual machine with KVM's mediated vPMU from starting.
perf_event_attr own_task_attr(const EventSpec& spec, GroupRole role);

}  // namespace perf_exporter
