// Records the way of perf_event_open through the kernel for chosen threads, by the best means that
// the kernel has.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "caps/witness/trace_probes.h"
#include "caps/witness/tracefs.h"
#include "host/host_paths.h"

namespace perf_exporter {

// The best first.
enum class TraceMethod {
  kretprobes,      // kprobe events: answers, and the capability that is asked for
  function_graph,  // the tracer with funcgraph-retval (Linux 6.5, in an instance 6.11): answers
  function,        // the tracer: which functions were entered, that is how far the call came
  syscall          // the system call's tracepoints alone
};
std::string_view to_text(TraceMethod method);

// What can be expected to be recorded, which is what makes an absence mean something.
struct TraceScope {
  TraceMethod method = TraceMethod::syscall;
  std::set<std::string, std::less<>> functions;  // recorded, as the table spells them
  bool syscall = false;              // entry and exit of the system call by its tracepoints
  std::vector<std::string> missing;  // what is not recorded, and why
};

// Move-only; removes all it has made in tracefs when it goes away.
class Tracer {
 public:
  // A fault names what is missing: a privilege, tracefs, any means to trace.
  static Result<Tracer> create(const HostPaths& paths);

  [[nodiscard]] const TraceScope& scope() const { return scope_; }

  // Records these threads alone, and those that they make from now on.
  Result<void> watch(std::span<const pid_t> threads);
  Result<void> start() { return instance_.set("tracing_on", "1"); }
  Result<void> stop() { return instance_.set("tracing_on", "0"); }

  // What has been recorded since the last call, whole lines or not.
  std::string take_text() { return instance_.take_text(); }

  // Removes everything at once; a fault names what is left.
  Result<void> remove() { return instance_.remove(); }

 private:
  Tracer(TraceInstance instance, Tracefs tracefs)
      : tracefs_(std::move(tracefs)), instance_(std::move(instance)) {}
  Result<void> set_up(const Symbols& symbols);
  void prepare();
  void record_syscall();
  Result<void> use_kretprobes(const Symbols& symbols);
  Result<void> use_function_graph(const Symbols& symbols);
  Result<void> use_function(const Symbols& symbols);
  Result<void> filter_functions(const Symbols& symbols);
  bool define(const WatchedFunction& function, const std::string& symbol);

  Tracefs tracefs_;  // before the instance, which lies in it
  TraceInstance instance_;
  TraceScope scope_;
};

}  // namespace perf_exporter
