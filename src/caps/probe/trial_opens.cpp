#include "caps/probe/trial_opens.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "base/child_wait.h"
#include "base/text.h"
#include "host/task_limit.h"
#include "perf/target.h"

namespace perf_exporter {
namespace {

enum class On { own_task, cpu };

// One row per trial that opens an event.
struct TrialEvent {
  Trial trial;
  Encoding encoding;
  On on;
};

constexpr CountedModes kUserMode = {.user = true, .kernel = false, .guest = true};
constexpr Encoding kDummy = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY};
constexpr Encoding kDummyInUserMode = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, 0, 0, kUserMode};
constexpr Encoding kCycles = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};
constexpr Encoding kCyclesInUserMode = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, 0,
                                        kUserMode};

constexpr TrialEvent kTrialEvents[] = {
    {Trial::kernel_self, kDummy, On::own_task},
    {Trial::user_cpu, kDummyInUserMode, On::cpu},
    {Trial::kernel_cpu, kDummy, On::cpu},
    {Trial::hardware_cpu, kCycles, On::cpu},
    {Trial::hardware_user_self, kCyclesInUserMode, On::own_task},
};

constexpr TrialResult kUnanswered = {TrialResult::Outcome::unanswered, 0};

constexpr std::string_view kDescriptions[kTrialCount] = {
    "undefined flag, in a child",
    "no attributes",
    "software, user, own task",
    "software, user+kernel, own task",
    "software, user, whole CPU",
    "software, user+kernel, whole CPU",
    "cycles, user+kernel, whole CPU",
    "cycles, user, own task",
    "software, user+kernel, a cgroup",
    "read of r2's event",
    "ioctl on r2's event",
};

// Of the oldest size of the structure, which every kernel takes (PERF_ATTR_SIZE_VER0), and read as
// one number.
OpenArguments trial_arguments(const Encoding& encoding, const Target& target) {
  OpenArguments arguments(encoding, GroupRole::leader, target);
  arguments.attr.size = PERF_ATTR_SIZE_VER0;
  arguments.attr.read_format = 0;
  return arguments;
}

OpenCall null_call(unsigned long flags) {
  OpenCall call;
  call.pid = 0;
  call.flags = flags;
  return call;
}

int error_of(PerfKernel& kernel, const OpenCall& call) {
  const auto opened = kernel.open(call);
  return opened ? 0 : opened.error().code;
}

TrialResult from_error(int error, TrialResult::Outcome success = TrialResult::Outcome::opened) {
  return error == 0 ? TrialResult{success, 0} : TrialResult{TrialResult::Outcome::refused, error};
}

// The child's exit status carries the errno, not a pipe: r0 must work with no descriptor left.
constexpr int kMaxExitStatus = 255;

[[noreturn]] void end_child_with_error_of(PerfKernel& kernel, const OpenCall& call) {
  ::prctl(PR_SET_DUMPABLE, 0);  // SIGSYS dumps core by default; a filter may take prlimit64
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGSYS, SIG_DFL);
  ::_exit(std::min(error_of(kernel, call), kMaxExitStatus));
}

TrialResult try_in_child(PerfKernel& kernel, const OpenCall& call) {
  const pid_t child = ::fork();
  if (child < 0) {
    return {TrialResult::Outcome::not_run, errno};
  }
  if (child == 0) {
    end_child_with_error_of(kernel, call);
  }
  int status = 0;
  const pid_t ended = wait_or_kill(child, status);
  if (ended == 0) {
    return {TrialResult::Outcome::unanswered, 0};
  }
  if (ended != child) {
    return {TrialResult::Outcome::not_run, errno};
  }
  if (WIFSIGNALED(status)) {
    return {TrialResult::Outcome::killed, WTERMSIG(status)};
  }
  return from_error(WEXITSTATUS(status));
}

TrialResult try_event(PerfKernel& kernel, const TrialEvent& event, CpuId cpu) {
  const Target target = event.on == On::own_task ? Target::of_own_task() : Target::of_cpu(cpu);
  return from_error(error_of(kernel, trial_arguments(event.encoding, target).call()));
}

// r2, and what may be done with its event.
void try_user_self(PerfKernel& kernel, Trials& trials) {
  const OpenArguments arguments = trial_arguments(kDummyInUserMode, Target::of_own_task());
  trials[Trial::user_self] = kUnanswered;
  const auto opened = kernel.open(arguments.call());
  trials[Trial::user_self] = from_error(opened ? 0 : opened.error().code);
  if (!opened) {
    return;
  }
  std::array<std::byte, sizeof(std::uint64_t)> count{};
  trials[Trial::read_self] = kUnanswered;
  const auto read = kernel.read(opened->get(), count);
  trials[Trial::read_self] = from_error(read ? 0 : read.error().code, TrialResult::Outcome::done);
  trials[Trial::control_self] = kUnanswered;
  const auto controlled = kernel.control(opened->get(), GroupControl::disable);
  trials[Trial::control_self] =
      from_error(controlled ? 0 : controlled.error().code, TrialResult::Outcome::done);
}

void try_cgroup(PerfKernel& kernel, const std::filesystem::path& cgroup, Trials& trials) {
  trials.cgroup = cgroup.string();
  const UniqueFd directory(::open(cgroup.c_str(), O_RDONLY | O_CLOEXEC));
  if (!directory.valid()) {
    trials.cgroup_open_error = errno;
    return;
  }
  const OpenArguments arguments =
      trial_arguments(kDummy, Target::of_cgroup(directory.get(), trials.cpu));
  trials[Trial::kernel_cgroup] = kUnanswered;
  trials[Trial::kernel_cgroup] = from_error(error_of(kernel, arguments.call()));
  std::error_code error;
  trials.cgroup_removed = !std::filesystem::exists(cgroup, error);
}

}  // namespace

std::string trial_id(Trial trial) {
  return "r" + std::to_string(static_cast<int>(trial));
}

std::string_view trial_description(Trial trial) {
  return kDescriptions[static_cast<std::size_t>(trial)];
}

Trials run_trials(PerfKernel& kernel, CpuId first_online,
                  const std::optional<std::filesystem::path>& cgroup) {
  Trials trials = run_first_trial(kernel, first_online);
  run_other_trials(trials, kernel, cgroup);
  return trials;
}

Trials run_first_trial(PerfKernel& kernel, CpuId first_online) {
  Trials trials;
  trials.cpu = first_online;
  trials[Trial::undefined_flag] = try_in_child(kernel, null_call(~0UL));
  if (trials[Trial::undefined_flag] == TrialResult{TrialResult::Outcome::not_run, EAGAIN}) {
    trials.task_limit = describe_task_limit({});
  }
  return trials;
}

void run_other_trials(Trials& trials, PerfKernel& kernel,
                      const std::optional<std::filesystem::path>& cgroup) {
  if (!opening_is_safe(trials)) {
    return;
  }
  trials[Trial::null_attributes] = kUnanswered;
  trials[Trial::null_attributes] = from_error(error_of(kernel, null_call(0)));
  try_user_self(kernel, trials);  // reads as what serves does: with nothing raised
  const auto opens = kernel.begin_opens();
  for (const TrialEvent& event : kTrialEvents) {
    trials[event.trial] = kUnanswered;
    trials[event.trial] = try_event(kernel, event, trials.cpu);
  }
  if (cgroup) {
    try_cgroup(kernel, *cgroup, trials);
  }
}

TrialResult run_trial(PerfKernel& kernel, Trial trial, CpuId cpu) {
  const auto* event = std::find_if(std::begin(kTrialEvents), std::end(kTrialEvents),
                                   [&](const TrialEvent& each) { return each.trial == trial; });
  return event == std::end(kTrialEvents) ? TrialResult{} : try_event(kernel, *event, cpu);
}

bool opening_is_safe(const Trials& trials) {
  const auto outcome = trials[Trial::undefined_flag].outcome;
  return outcome == TrialResult::Outcome::opened || outcome == TrialResult::Outcome::refused;
}

std::string why_opening_is_unsafe(const Trials& trials) {
  const TrialResult& reach = trials[Trial::undefined_flag];
  if (reach.outcome == TrialResult::Outcome::not_run) {
    return "no child process to try it in" + error_in_brackets(reach.number);
  }
  if (reach.outcome == TrialResult::Outcome::unanswered) {
    return "perf_event_open does not return";
  }
  const char* would = reach.number == SIGSYS ? "would" : "might";
  return std::string("perf_event_open ") + would + " end this process (" + to_text(reach) + ")";
}

}  // namespace perf_exporter
