#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"
#include "caps/probe/trial_opens.h"

namespace perf_exporter {

// How opening one wanted event went on some CPUs: one row for each outcome that an event had.
struct EventTrial {
  std::string event;  // the catalogue's name
  std::string scope;  // "cpu"
  // "opens", "unsupported" (no PMU there has it), "refused" (a permission or a limit), "busy",
  // "offline" (the CPU is), or "untried" (the kernel was not asked).
  std::string status;
  std::string error;  // the errno's name; empty where the kernel has given none
  std::string cpus;   // "0-3,8"

  friend bool operator==(const EventTrial&, const EventTrial&) = default;
};

// What one run of the probe has learned.
struct ProbeReport {
  HostFacts facts;
  Trials trials;
  std::vector<Finding> findings;
  std::vector<EventTrial> events;
};

enum class Paint { plain, coloured };

// For a terminal of 80 columns: the findings with evidence and fix, then events, trials and facts.
// Ends in a newline. Lines of a fix that start with two blanks are commands or configuration and
// stay whole. `paint` adds colour to severities by the terminal's escape sequences.
std::string report_text(const ProbeReport& report, Paint paint = Paint::plain);

// One JSON object, described by docs/probe.schema.json: findings, events, trials and facts; an
// unknown fact is null. Members may be added under the same schema_version, none is renamed or
// dropped. `further`: members in JSON, "\"name\":value,...", that stand behind the report's own.
std::string report_json(const ProbeReport& report, std::string_view further = {});

// The same as an HTML fragment of sections, escaped, without styles or scripts.
std::string report_html(const ProbeReport& report);

// A fix as HTML, escaped: prose in <p>, and in <pre> the lines to type or to write.
std::string fix_html(std::string_view fix);

// One finding as one line without a newline, for a log message: "bounding_set_lacks_perfmon:
// CAP_PERFMON is not ... (CapBnd ...); fix: ...; see docs/...". What a line of its own is elsewhere
// stands between backquotes there, less its margin.
std::string log_line(const Finding& finding);

}  // namespace perf_exporter
