// What the kernel's tracers write about one function, as data. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perf_exporter {

// One thing that a thread did.
struct TraceRecord {
  enum class Kind {
    begins,   // it entered the system call perf_event_open
    enters,   // it entered another function, whose arguments may be known
    returns,  // it came back from one
    ends      // it left the system call
  };
  Kind kind = Kind::enters;
  pid_t thread = 0;
  std::string command;                 // comm of the thread, as far as the tracer writes it
  std::string function;                // without what the compiler appends (".isra.0")
  std::string caller;                  // empty where the tracer does not tell
  std::optional<std::int64_t> answer;  // what it returned
  std::vector<std::pair<std::string, std::uint64_t>> arguments;

  // An argument by its name; nullopt where it was not recorded or could not be read.
  [[nodiscard]] std::optional<std::uint64_t> argument(std::string_view name) const;
};

// What the kernel writes until it has taken note of a thread's name.
inline constexpr std::string_view kUnknownCommand = "<...>";

// A line of `trace` or `trace_pipe` in the format of kprobe events, of the system call's
// tracepoints, of the tracer function, or of function_graph with funcgraph-proc, funcgraph-abstime
// and funcgraph-retval (Documentation/trace/ftrace.rst, kprobetrace.rst). nullopt for any other.
std::optional<TraceRecord> parse_trace_line(std::string_view line);

// How many records a line says are lost: "CPU:1 [LOST 12 EVENTS]"; 0 for any other line.
std::uint64_t lost_records(std::string_view line);

}  // namespace perf_exporter
