#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "caps/witness/witness.h"

namespace perf_exporter {

// One recorded call and what it proves.
struct JudgedCall {
  TracedCall call;
  std::string trial;  // "r3" where it is a trial made again; else empty
  std::string trial_description;
  std::vector<TraceCause> causes;
  std::optional<Agreement> agreement;  // where there are findings to compare with
  std::size_t times = 1;               // how many calls ended for the same causes
};

// What one run of --trace has recorded.
struct TraceReport {
  TraceScope scope;
  std::size_t seen = 0;           // calls
  std::size_t refused = 0;        // of those, by a permission
  std::uint64_t lost = 0;         // records that found no room
  std::vector<JudgedCall> calls;  // of many alike the first
};

// The report on the calls of other programs: one call of each command and cause with the number of
// those alike, first those that a permission refused, then what failed otherwise, then what opened;
// of a great many kinds the first kMostShown.
TraceReport digest(const Recording& recording, const TraceContext& context);
inline constexpr std::size_t kMostShown = 8;

// Adds a recording's numbers to the report's.
void count_calls(TraceReport& report, const Recording& recording);

// For a terminal of 80 columns: each call as a table of steps, what it proves and how that stands
// to the findings; then how it was recorded and what was not. Ends in a newline.
std::string trace_text(const TraceReport& report);

// One JSON object: {"method", "not_recorded":[...], "calls_seen", "calls_refused", "records_lost",
// "calls":[{"trial", "thread", "command", "times", "entered", "event":{"type", "config",
// "exclude_kernel"}, "result", "error", "steps":[{"function", "caller", "asked", "answer",
// "error"}], "causes":[{"id", "because", "proved", "anchor"}], "agreement":{"verdict",
// "finding"}}]}; what is not known is null.
std::string trace_json(const TraceReport& report);

// "docs/permissions.md#no-pmu", or a section of docs/debugging.md.
std::string cause_anchor(const TraceCause& cause);

}  // namespace perf_exporter
