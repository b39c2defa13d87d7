// Calls of perf_event_open as the kernel recorded them. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "caps/capability_sets.h"
#include "caps/witness/trace_record.h"

namespace perf_exporter {

// One function on the way: what it was asked for and what it answered.
struct TraceStep {
  std::string function;
  std::string caller;                  // empty: not recorded
  std::string asked;                   // "CAP_PERFMON", "kernel", "type 1 config 0x0"; may be empty
  std::optional<std::int64_t> answer;  // nullopt: not recorded
  std::optional<int> capability;       // cap_capable
  std::vector<std::uint64_t> credentials;  // cap_capable: words of struct cred

  // The errno that the answer holds, as its kind (AnswerKind) says; 0 where it holds none.
  [[nodiscard]] int error() const;
  // Whether the function refused: an errno, or no where a yes was possible. Not what was not
  // recorded.
  [[nodiscard]] bool refused() const;
};

// What was asked for, where the attributes could be read.
struct TracedEvent {
  std::uint64_t type = 0;
  std::uint64_t config = 0;
  bool exclude_kernel = false;
};

struct TracedCall {
  pid_t thread = 0;
  std::string command;
  bool entered = false;                // the system call's own function was reached
  std::optional<std::int64_t> result;  // what user space got; nullopt where it was not recorded
  std::optional<TracedEvent> event;
  std::vector<TraceStep> steps;

  [[nodiscard]] int error() const;  // 0 where it opened or is unknown
  [[nodiscard]] const TraceStep* last(std::string_view function) const;  // nullptr where none
};

// The calls of a recording, the first CallRecorder::kMostCalls of them, in the order of their ends.
struct Recording {
  std::vector<TracedCall> calls;
  std::size_t seen = 0;     // calls, kept or not
  std::size_t records = 0;  // in calls or not
  std::uint64_t lost = 0;   // records that found no room
};

// Makes calls out of a trace that comes in pieces. What a thread does between two calls is left
// out, since the watched functions serve others as well.
class CallRecorder {
 public:
  // What tells that a call has ended: its tracepoint where the kernel has that, which comes after
  // the return of the function.
  enum class End { exit_tracepoint, function_return };
  // What a thread is called, asked while its record carries no name (kUnknownCommand) and none was
  // recorded before; empty, or no function, where that can't be told.
  using NameOf = std::function<std::string(pid_t)>;
  explicit CallRecorder(End end, NameOf name_of = {}) : end_(end), name_of_(std::move(name_of)) {}

  // Text as a tracer writes it; it may end in the middle of a line.
  void take(std::string_view text);

  // The calls that have ended so far.
  [[nodiscard]] const Recording& recording() const { return recording_; }
  static constexpr std::size_t kMostCalls = 4096;

  // Ends those that are still open as well: their results are unknown.
  Recording finish();

 private:
  void take_line(std::string_view line);
  void note_command(const TraceRecord& record);
  void begin(const TraceRecord& record);
  void end(const TraceRecord& record);
  void keep(pid_t thread);

  End end_;
  NameOf name_of_;
  std::string rest_;
  std::map<pid_t, TracedCall> open_;
  std::map<pid_t, std::string> commands_;  // empty: asked for in vain
  Recording recording_;
};

// Where the effective set stands in the recorded credentials, found by the sets of a thread that
// are known; in bytes from the first word. nullopt where they are not found.
std::optional<std::size_t> find_effective_set(const std::vector<std::uint64_t>& credentials,
                                              const CapabilitySets& known);

// The effective set of a step's credentials.
std::optional<std::uint64_t> effective_set(const TraceStep& step, std::size_t place);

}  // namespace perf_exporter
