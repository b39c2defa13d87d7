// Traces as kernels wrote them (tests/fixtures/trace): first a call of the tracing program's own,
// by root, then those that were watched.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "caps/witness/trace_probes.h"
#include "caps/witness/witness.h"

namespace perf_exporter {

struct RecordedTrace {
  TraceContext context;
  std::vector<TracedCall> calls;  // those watched
};

inline TraceScope scope_of(TraceMethod method) {
  TraceScope scope;
  scope.method = method;
  scope.syscall = true;
  for (const WatchedFunction& function : watched_functions()) {
    if (function.name != "perf_init_event") {
      scope.functions.emplace(function.name);
    }
  }
  return scope;
}

inline std::string trace_file(const std::string& name) {
  std::ifstream file(std::string(FIXTURES "/trace/") + name + ".trace");
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline RecordedTrace recorded_trace(const std::string& name, TraceMethod method) {
  constexpr std::uint64_t kAll = 0x1ffffffffff;
  CallRecorder recorder(CallRecorder::End::exit_tracepoint);
  recorder.take(trace_file(name));
  const Recording recording = recorder.finish();
  RecordedTrace trace;
  trace.context.scope = scope_of(method);
  trace.context.has_core_pmu = false;
  trace.context.cap_last_cap = 40;
  EXPECT_EQ(recording.lost, 0U);
  const pid_t own = recording.calls.empty() ? 0 : recording.calls.front().thread;
  for (const TracedCall& call : recording.calls) {
    if (call.thread != own) {
      trace.calls.push_back(call);
      continue;
    }
    for (const TraceStep& step : call.steps) {
      if (const auto place =
              find_effective_set(step.credentials, CapabilitySets{kAll, kAll, 0, kAll, 0})) {
        trace.context.effective_place = place;
      }
    }
  }
  if (trace.calls.empty()) {
    ADD_FAILURE() << name << " holds no call";
    trace.calls.emplace_back();
  }
  return trace;
}

// "user_namespace+debian_gate"; "?" marks what is possible only.
inline std::string ids_of(const std::vector<TraceCause>& causes) {
  std::string text;
  for (const TraceCause& cause : causes) {
    text += (text.empty() ? "" : "+") + cause.id +
            (cause.certainty == TraceCause::Certainty::possible ? "?" : "");
  }
  return text;
}

}  // namespace perf_exporter
