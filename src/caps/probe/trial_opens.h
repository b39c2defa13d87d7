#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "caps/trial_result.h"
#include "host/cpu_list.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// The trial opens, cheapest first. Their order is that of the kernel's checks
// (kernel/events/core.c, perf_event_open): flags, then the attributes, then what every open needs,
// then kernel mode, the PMU, and last the right to a whole CPU. The last two are no opens: they ask
// for what SELinux judges apart, of the event that r2 has opened. "r0" to "r10" in reports.
enum class Trial {
  undefined_flag,      // r0: no attributes, every flag set; EINVAL says that perf itself answered
  null_attributes,     // r1: no attributes; EFAULT, or EACCES where a gate stands before their copy
  user_self,           // r2: software event, user mode, own task: allowed to everybody
  kernel_self,         // r3: software event, kernel mode as well, own task
  user_cpu,            // r4: software event, user mode, a whole CPU
  kernel_cpu,          // r5: software event, kernel mode as well, a whole CPU
  hardware_cpu,        // r6: cycles, kernel mode as well, a whole CPU
  hardware_user_self,  // r7: cycles, user mode, own task: tells a missing PMU without any privilege
  kernel_cgroup,       // r8: as r5, of one cgroup's tasks
  read_self,           // r9: read(2) of r2's event, which counts nothing
  control_self,        // r10: an ioctl that disables r2's event, which never was enabled
};
inline constexpr std::size_t kTrialCount = 11;

// The outcome of all trials.
struct Trials {
  CpuId cpu{};  // the CPU of r4, r5 and r6
  std::array<TrialResult, kTrialCount> results{};
  std::string task_limit;       // which limit left no room for r0's child; empty where none did
  std::string cgroup;           // the directory of r8; empty: none was given
  int cgroup_open_error = 0;    // why that directory could not be opened: an errno, r8 was not run
  bool cgroup_removed = false;  // it was gone after r8

  [[nodiscard]] const TrialResult& operator[](Trial trial) const {
    return results[static_cast<std::size_t>(trial)];
  }
  [[nodiscard]] TrialResult& operator[](Trial trial) {
    return results[static_cast<std::size_t>(trial)];
  }
};

// "r0" and what is tried, for reports.
std::string trial_id(Trial trial);
std::string_view trial_description(Trial trial);

// Tries the opens and closes again what opened. r0 runs in a forked child, so that a seccomp filter
// that kills can't end this process, nor a call that never returns hold it up; where the child was
// killed, did not come to an end or could not be made, the others are not run. All events are
// opened with `disabled` set and none is ever enabled; the software event of r2 alone is read.
// `first_online` should be an online CPU; without a `cgroup` directory r8 is not run. Call it on
// the thread whose capabilities count.
Trials run_trials(PerfKernel& kernel, CpuId first_online,
                  const std::optional<std::filesystem::path>& cgroup = std::nullopt);

// The same in two steps: r0, whose child needs the last task where a limit leaves one, so that no
// thread should have taken it, and then the others, where r0 allows them.
Trials run_first_trial(PerfKernel& kernel, CpuId first_online);
// Into `trials`, each as soon as it is known, and `unanswered` while it is under way: for who looks
// on from another thread when a call does not return (WatchedKernel::abandon()).
void run_other_trials(Trials& trials, PerfKernel& kernel,
                      const std::optional<std::filesystem::path>& cgroup = std::nullopt);

// Tries one of the trials that open an event (user_self and later) and closes it again; like
// run_trials, but without a child process.
TrialResult run_trial(PerfKernel& kernel, Trial trial, CpuId cpu);

// False where a call of perf_event_open(2) would, or might, end the process or never return: open
// no event then.
[[nodiscard]] bool opening_is_safe(const Trials& trials);

// Why it is not safe, in a few words for tables: "perf_event_open would end this process (SIGSYS)".
std::string why_opening_is_unsafe(const Trials& trials);

}  // namespace perf_exporter
