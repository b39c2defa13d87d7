#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>

#include "app/commands/held_child.h"
#include "app/options/options.h"
#include "app/signals.h"
#include "caps/witness/tracer.h"
#include "caps/witness/witness.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// A tracer that is known to work here. Move-only.
class TraceRun {
 public:
  // Traces a call of this program's own first. That shows whether threads can be watched by their
  // numbers, which another PID namespace prevents, and where the kernel keeps the effective set.
  // `raw`, where it is not null, gets the kernel's own text as well.
  static Result<TraceRun> create(const HostPaths& paths, PerfKernel& kernel, std::FILE* raw);

  // What the kernel's record is to be read with, for any thread of this host.
  [[nodiscard]] const TraceContext& context() const { return context_; }

  // Watches threads; `go` is called once they are watched. Ends when `look`, which is called
  // several times a second, returns Look::enough.
  enum class Look { more, enough };
  using LookAt = std::function<Look(const CallRecorder&)>;
  Result<Recording> record(std::span<const pid_t> threads, const std::function<void()>& go,
                           const LookAt& look);

  // The same for a child, which is released, until it ends; a signal is handed on to it as
  // `number`.
  Result<Recording> record(HeldChild& child, StopSignals& signals, int number);

  // Removes all traces in tracefs; a fault names what is left.
  Result<void> remove() { return tracer_.remove(); }

 private:
  TraceRun(Tracer tracer, std::filesystem::path procfs, std::FILE* raw)
      : tracer_(std::move(tracer)), procfs_(std::move(procfs)), raw_(raw) {}
  Result<void> calibrate(PerfKernel& kernel);
  std::size_t move_text(CallRecorder& recorder);

  Tracer tracer_;
  std::filesystem::path procfs_;
  std::FILE* raw_;
  TraceContext context_;
};

// Looks several times a second until `is_over` says so; what a signal that comes before means,
// `on_signal` decides. `signals` must outlive it.
TraceRun::LookAt until(StopSignals& signals, std::function<bool(const CallRecorder&)> is_over,
                       std::function<TraceRun::Look()> on_signal);

// Lets a terminal that goes away end the program like a signal that it waits for, unless that is
// ignored (nohup).
void end_with_terminal();

// Where the kernel's own lines go: standard error with --log.level debug, else nowhere (null).
std::FILE* raw_output(const Options& options);

}  // namespace perf_exporter
