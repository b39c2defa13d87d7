#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "app/commands/held_child.h"
#include "app/commands/probe_trace.h"
#include "app/commands/trace_run.h"
#include "app/signals.h"
#include "caps/raising_kernel.h"
#include "caps/report/trace_report.h"

namespace perf_exporter {
namespace {

bool is_permission(const TrialResult& result) {
  return result.failed_with(EACCES) || result.failed_with(EPERM);
}

std::vector<Trial> trials_to_repeat(const Trials& trials) {
  std::vector<Trial> again;
  for (const Trial trial :
       {Trial::user_self, Trial::kernel_self, Trial::user_cpu, Trial::kernel_cpu}) {
    if (!trials[trial].opened()) {
      again.push_back(trial);
      break;
    }
  }
  for (const Trial trial : {Trial::hardware_cpu, Trial::hardware_user_self}) {
    const TrialResult& result = trials[trial];
    if (result.outcome == TrialResult::Outcome::refused &&
        (again.empty() || !is_permission(result))) {
      again.push_back(trial);
      break;
    }
  }
  return again.empty() ? std::vector{Trial::kernel_cpu} : again;
}

TracedEvent event_of(Trial trial) {
  const bool is_hardware = trial == Trial::hardware_cpu || trial == Trial::hardware_user_self;
  const bool is_user =
      trial == Trial::user_self || trial == Trial::user_cpu || trial == Trial::hardware_user_self;
  return is_hardware ? TracedEvent{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, is_user}
                     : TracedEvent{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, is_user};
}

// What the way of tracing does not tell: how the trial ended and what it asked for; or the whole
// call, where none was recorded: it never came so far.
void complete(Recording& recording, const TraceScope& scope, Trial trial, int status) {
  const auto result =
      WIFEXITED(status) ? std::optional<std::int64_t>(-WEXITSTATUS(status)) : std::nullopt;
  const bool would_show = scope.syscall || scope.method != TraceMethod::syscall;
  if (recording.calls.empty() && would_show) {
    recording.calls.emplace_back().result = result;
    recording.seen = 1;
  }
  for (TracedCall& call : recording.calls) {
    if (!call.event) {
      call.event = event_of(trial);
    }
  }
  if (!recording.calls.empty() && !recording.calls.back().result) {
    recording.calls.back().result = result;
  }
}

TraceContext context_of_trials(const TraceRun& run, const HostFacts& facts) {
  TraceContext context = run.context();
  if (facts.capabilities) {
    context.effective = facts.capabilities->effective;
  }
  context.initial_user_namespace = facts.initial_user_namespace;
  context.seccomp_mode = facts.seccomp_mode;
  return context;
}

Result<Recording> record_trial(TraceRun& run, PerfKernel& kernel, const Trials& trials, Trial trial,
                               StopSignals& signals) {
  auto child = HeldChild::start([&] {
    RaisingKernel raising(kernel);
    return run_trial(raising, trial, trials.cpu).number;
  });
  if (!child) {
    return tl::unexpected(child.error());
  }
  auto recording = run.record(*child, signals, SIGKILL);
  if (!recording) {
    return recording;
  }
  const int status = child->wait();
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    return fault("a signal ended it");
  }
  complete(*recording, run.context().scope, trial, status);
  return recording;
}

// An open that raises CAP_SYS_ADMIN after CAP_PERFMON makes two calls: the last one counts.
void add_trial(TraceReport& report, Trial trial, const Recording& recording,
               const std::vector<Finding>& findings, const TraceContext& context) {
  count_calls(report, recording);
  for (const TracedCall& call : recording.calls) {
    JudgedCall judged;
    judged.call = call;
    judged.trial = trial_id(trial);
    judged.trial_description = trial_description(trial);
    judged.causes = judge(call, context);
    if (&call == &recording.calls.back()) {
      judged.agreement = compare(judged.causes, findings);
    }
    report.calls.push_back(std::move(judged));
  }
}

}  // namespace

Result<TraceReport> trace_trials(const ProbeReport& report, const Options& options,
                                 PerfKernel& kernel) {
  auto signals =
      StopSignals::create(HangUp::left_alone);  // what is made in tracefs must be removed first
  if (!signals) {
    return tl::unexpected(signals.error());
  }
  end_with_terminal();
  auto run = TraceRun::create(options.paths, kernel, raw_output(options));
  if (!run) {
    return tl::unexpected(run.error());
  }
  const TraceContext context = context_of_trials(*run, report.facts);
  TraceReport trace;
  trace.scope = context.scope;
  for (const Trial trial : trials_to_repeat(report.trials)) {
    const auto recording = record_trial(*run, kernel, report.trials, trial, *signals);
    if (!recording) {
      return tl::unexpected(recording.error());
    }
    add_trial(trace, trial, *recording, report.findings, context);
  }
  if (auto removed = run->remove(); !removed) {
    return tl::unexpected(removed.error());
  }
  return trace;
}

}  // namespace perf_exporter
