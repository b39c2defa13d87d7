#pragma once

#include <linux/perf_event.h>

#include "perf/event_spec.h"

namespace perf_exporter {

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
