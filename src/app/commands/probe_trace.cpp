#include "app/commands/probe_trace.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "app/commands/commands.h"
#include "app/commands/held_child.h"
#include "app/commands/trace_run.h"
#include "app/signals.h"
#include "caps/report/trace_report.h"

namespace perf_exporter {
namespace {

constexpr int kCannotTrace = 1;
constexpr int kCannotExecute = 127;

// With a report in JSON standard output is that alone.
int execute(const Options& options, const Inherited& inherited) {
  if (options.report_format == ReportFormat::json) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  std::vector<std::string> words = options.trace_command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  restore_inherited(inherited);
  ::execvp(arguments.front(), arguments.data());
  const std::string why = std::strerror(errno);
  say(std::string("cannot execute ") + arguments.front() + ": " + why, options.log_style);
  return kCannotExecute;
}

Result<Recording> record_command(TraceRun& run, const Options& options, StopSignals& signals,
                                 const Inherited& inherited) {
  auto child = HeldChild::start([&] { return execute(options, inherited); });
  if (!child) {
    return tl::unexpected(child.error());
  }
  return run.record(*child, signals, SIGTERM);
}

Result<Recording> record_process(TraceRun& run, const Options& options, StopSignals& signals) {
  const auto names =
      list_directory(options.paths.procfs / std::to_string(options.trace_pid) / "task");
  if (!names) {
    return tl::unexpected(names.error());
  }
  std::vector<pid_t> threads(names->size());
  std::transform(names->begin(), names->end(), threads.begin(), [](const std::string& name) {
    return static_cast<pid_t>(std::atol(name.c_str()));
  });
  const auto is_over = [&options](const CallRecorder& recorder) {
    const auto& calls = recorder.recording().calls;
    return std::any_of(calls.begin(), calls.end(), is_permission_refusal) ||
           (::kill(options.trace_pid, 0) != 0 && errno == ESRCH);
  };
  return run.record(
      threads, [] {}, until(signals, is_over, [] { return TraceRun::Look::enough; }));
}

int cannot_trace(const Fault& why, LogStyle style) {
  say("cannot trace: " + why.what, style);
  return kCannotTrace;
}

void print(const TraceReport& report, ReportFormat format) {
  const std::string text = format == ReportFormat::json
                               ? R"({"schema_version":1,"trace":)" + trace_json(report) + "}\n"
                               : "\n" + trace_text(report);
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int probe_other(const Options& options, PerfKernel& kernel, const Inherited& inherited) {
  auto signals = StopSignals::create(HangUp::left_alone);
  if (!signals) {
    return cannot_trace(signals.error(), options.log_style);
  }
  end_with_terminal();
  auto run = TraceRun::create(options.paths, kernel, raw_output(options));
  if (!run) {
    return cannot_trace(run.error(), options.log_style);
  }
  const auto recording = options.trace_command.empty()
                             ? record_process(*run, options, *signals)
                             : record_command(*run, options, *signals, inherited);
  const auto removed = run->remove();
  if (!recording || !removed) {
    return cannot_trace(recording ? removed.error() : recording.error(), options.log_style);
  }
  const TraceReport report = digest(*recording, run->context());
  signals->release();
  print(report, options.report_format);
  return report.refused > 0 && !options.exit_zero ? kExitRefused : 0;
}

}  // namespace perf_exporter
