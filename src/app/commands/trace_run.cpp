#include "app/commands/trace_run.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#include <array>
#include <csignal>

#include "caps/facts/host_facts.h"
#include "caps/probe/trial_opens.h"
#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

constexpr std::chrono::milliseconds kLook{20};

void sleep_a_little() {
  constexpr long kMillisecond = 1'000'000;
  const timespec time{0, 5 * kMillisecond};
  ::nanosleep(&time, nullptr);
}

// Something that every way of tracing records, whatever the answers.
int make_any_call(PerfKernel& kernel) {
  const UniqueFd any(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  static_cast<void>(run_trial(kernel, Trial::kernel_self, CpuId{0}));
  return 0;
}

std::optional<std::size_t> effective_place(const std::vector<TracedCall>& calls) {
  const auto own = own_capabilities();
  for (const TracedCall& call : calls) {
    for (const TraceStep& step : call.steps) {
      if (auto place = own ? find_effective_set(step.credentials, *own) : std::nullopt) {
        return place;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Result<TraceRun> TraceRun::create(const HostPaths& paths, PerfKernel& kernel, std::FILE* raw) {
  auto tracer = Tracer::create(paths);
  if (!tracer) {
    return tl::unexpected(tracer.error());
  }
  TraceRun run(std::move(*tracer), paths.procfs, raw);
  run.context_.scope = run.tracer_.scope();
  if (auto done = run.calibrate(kernel); !done) {
    return tl::unexpected(done.error());
  }
  const HostFacts facts = gather_facts(paths);
  run.context_.cap_last_cap = facts.cap_last_cap;
  if (facts.core_pmus) {
    run.context_.has_core_pmu = !facts.core_pmus->empty();
  }
  return run;
}

Result<void> TraceRun::calibrate(PerfKernel& kernel) {
  auto child = HeldChild::start([&kernel] { return make_any_call(kernel); });
  if (!child) {
    return tl::unexpected(child.error());
  }
  const std::array<pid_t, 1> threads = {child->pid()};
  const auto recorded = record(
      threads, [&child] { child->release(); },
      [&child](const CallRecorder& /*recorder*/) {
        sleep_a_little();
        return child->poll() ? Look::enough : Look::more;
      });
  if (!recorded) {
    return tl::unexpected(recorded.error());
  }
  if (recorded->records == 0 && WIFEXITED(child->wait())) {
    return fault(
        "the kernel recorded nothing of a call that this program made: in another PID namespace "
        "than the host's it can't be told which threads to watch");
  }
  context_.effective_place = effective_place(recorded->calls);
  return {};
}

std::size_t TraceRun::move_text(CallRecorder& recorder) {
  const std::string text = tracer_.take_text();
  if (raw_ != nullptr) {
    std::fwrite(text.data(), 1, text.size(), raw_);
  }
  recorder.take(text);
  return text.size();
}

Result<Recording> TraceRun::record(std::span<const pid_t> threads, const std::function<void()>& go,
                                   const LookAt& look) {
  if (auto watched = tracer_.watch(threads); !watched) {
    return tl::unexpected(watched.error());
  }
  if (auto started = tracer_.start(); !started) {
    return tl::unexpected(started.error());
  }
  CallRecorder recorder(context_.scope.syscall ? CallRecorder::End::exit_tracepoint
                                               : CallRecorder::End::function_return,
                        [this](pid_t thread) {
                          return read_text(procfs_ / std::to_string(thread) / "comm").value_or("");
                        });
  go();
  do {
    move_text(recorder);
  } while (look(recorder) == Look::more);
  static_cast<void>(tracer_.stop());
  while (move_text(recorder) > 0) {
  }
  return recorder.finish();
}

Result<Recording> TraceRun::record(HeldChild& child, StopSignals& signals, int number) {
  const std::array<pid_t, 1> threads = {child.pid()};
  return record(
      threads, [&child] { child.release(); },
      until(
          signals, [&child](const CallRecorder& /*recorder*/) { return child.poll().has_value(); },
          [&child, number] {
            ::kill(child.pid(), number);
            return Look::more;
          }));
}

TraceRun::LookAt until(StopSignals& signals, std::function<bool(const CallRecorder&)> is_over,
                       std::function<TraceRun::Look()> on_signal) {
  return [&signals, is_over = std::move(is_over),
          on_signal = std::move(on_signal)](const CallRecorder& recorder) {
    if (is_over(recorder)) {
      return TraceRun::Look::enough;
    }
    return signals.wait(kLook) == StopSignals::Woken::by_signal ? on_signal()
                                                                : TraceRun::Look::more;
  };
}

void end_with_terminal() {
  if (!is_ignored(SIGHUP)) {
    ::signal(SIGHUP, [](int) { ::kill(::getpid(), SIGTERM); });
  }
}

std::FILE* raw_output(const Options& options) {
  return options.log_level == LogLevel::debug ? stderr : nullptr;
}

}  // namespace perf_exporter
