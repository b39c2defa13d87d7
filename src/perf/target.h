// What an event is counted on, as a value, and what that makes of perf_event_open(2)'s arguments.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <optional>
#include <tuple>

#include "host/cpu_list.h"
#include "perf/encoding.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// Tasks that a task makes after its event was opened: counted with it (perf_event_attr::inherit),
// or not.
enum class Children { counted, left_out };

// All tasks of a CPU, those of a cgroup on a CPU, one task, the calling one, or a PMU's unit by the
// CPU that stands for it (its `cpumask` in sysfs).
class Target {
 public:
  enum class Kind { cpu, cgroup, task, own_task, unit };

  static Target of_cpu(CpuId cpu);
  // `folder` is a descriptor of the cgroup's folder in the hierarchy that perf_event is bound to;
  // it stays the caller's and need be open only while events are opened.
  static Target of_cgroup(int folder, CpuId cpu);
  // On whichever CPU it runs.
  static Target of_task(pid_t task, Children children);
  // Of the calling thread, on whichever CPU it runs or on one alone.
  static Target of_own_task(std::optional<CpuId> cpu = std::nullopt);
  static Target of_unit(CpuId cpu);

  [[nodiscard]] Kind kind() const { return kind_; }
  // None where it is counted on all of them.
  [[nodiscard]] std::optional<CpuId> cpu() const { return cpu_; }

  // Whether its events go on when its CPU goes offline: the kernel moves a unit's to another CPU of
  // the unit (perf_pmu_migrate_context()), and a task goes elsewhere; those of a CPU are frozen.
  [[nodiscard]] bool outlives_its_cpu() const;
  // Whether its clock runs all the time while its events are open. Else one that stands still means
  // that nothing of it was running.
  [[nodiscard]] bool always_runs() const { return kind_ == Kind::cpu || kind_ == Kind::unit; }

  bool operator==(const Target&) const = default;
  // By kind first. The order has no meaning beyond that.
  bool operator<(const Target& other) const {
    return std::tie(kind_, cpu_, id_, children_) <
           std::tie(other.kind_, other.cpu_, other.id_, other.children_);
  }

 private:
  Target(Kind kind, std::optional<CpuId> cpu) : kind_(kind), cpu_(cpu) {}
  friend struct OpenArguments;

  Kind kind_;
  std::optional<CpuId> cpu_;
  int id_ = 0;  // the folder's descriptor, or the task
  Children children_ = Children::left_out;
};

// A leader starts disabled and is enabled with its whole group by one ioctl; members follow it.
// (From Linux 6.12 on, members of a software group whose leader is opened enabled may never run.)
enum class GroupRole { leader, member };

// What a group does where counters are short: it takes turns with others, or it has its counters
// whenever its target runs, before all flexible groups and those of whole CPUs among them, or is in
// error until it is closed (perf_event_attr::pinned).
enum class Scheduling { flexible, pinned };

// The arguments of perf_event_open(2) for an event on a target. The event is read as a group with
// ids and both times (PERF_FORMAT_GROUP | ID | TOTAL_TIME_ENABLED | TOTAL_TIME_RUNNING).
struct OpenArguments {
  OpenArguments(const Encoding& encoding, GroupRole role, const Target& target,
                Scheduling scheduling = Scheduling::flexible);

  // The call, with its leader's descriptor for a member; valid as long as this lives.
  [[nodiscard]] OpenCall call(int group_fd = -1) const;

  perf_event_attr attr{};
  pid_t pid = -1;
  int cpu = -1;
  unsigned long flags = 0;
};

}  // namespace perf_exporter
