#include <string_view>

#include "base/text.h"
#include "base/text_layout.h"
#include "caps/report/fact_rows.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kTextColumn = 12;
constexpr std::size_t kFactColumn = 28;

// ECMA-48's select graphic rendition.
std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::fail:
      return "\x1b[1;31m";  // bold red
    case Severity::warn:
    case Severity::unknown:
      return "\x1b[1;33m";  // bold yellow
    case Severity::ok:
      return "\x1b[1;32m";  // bold green
  }
  return "";
}

void add_finding(std::string& out, const Finding& finding, Paint paint) {
  const bool coloured = paint == Paint::coloured;
  out += coloured ? colour_of(finding.severity) : "";
  out += to_text(finding.severity);
  out += coloured ? "\x1b[0m" : "";
  out += ": " + finding.id + "\n";
  add_labelled(out, "what", finding.summary, kTextColumn);
  add_labelled(out, "evidence", finding.evidence, kTextColumn);
  add_labelled(out, "fix", whole_fix(finding), kTextColumn);
  add_labelled(out, "see", finding.anchor, kTextColumn);
  out += '\n';
}

void add_events(std::string& out, const std::vector<EventTrial>& events) {
  if (events.empty()) {
    return;
  }
  out += "events\n";
  for (const EventTrial& event : events) {
    out += "  " + padded(event.event, 26) + padded(event.status, 12) + padded(event.error, 12) +
           "CPU " + event.cpus + "\n";
  }
  out += '\n';
}

void add_trials(std::string& out, const Trials& trials) {
  out += "trial opens (whole CPU: " + std::to_string(to_int(trials.cpu));
  out += trials.cgroup.empty() ? ")\n" : ", cgroup: " + printable(trials.cgroup) + ")\n";
  for (std::size_t i = 0; i < kTrialCount; ++i) {
    const auto trial = static_cast<Trial>(i);
    const std::string id = padded(trial_id(trial), 4);
    out += "  " + padded(id + std::string(trial_description(trial)), 40) + to_text(trials[trial]) +
           "\n";
  }
  out += '\n';
}

void add_facts(std::string& out, const HostFacts& facts) {
  out += "facts\n";
  for (const FactRow& row : fact_rows(facts)) {
    add_labelled(out, row.name, to_text(row.value), kFactColumn);
  }
}

}  // namespace

std::string report_text(const ProbeReport& report, Paint paint) {
  std::string out;
  for (const Finding& finding : report.findings) {
    add_finding(out, finding, paint);
  }
  add_events(out, report.events);
  add_trials(out, report.trials);
  add_facts(out, report.facts);
  return out;
}

std::string log_line(const Finding& finding) {
  std::string line = finding.id + ": " + finding.summary;
  if (!finding.evidence.empty()) {
    line += " (" + finding.evidence + ")";
  }
  if (!finding.fix.empty()) {
    line += "; fix: ";
    std::string_view separator;
    for_each_line(whole_fix(finding), [&](std::string_view part) {
      const bool is_whole = is_verbatim(part);
      line.append(separator).append(is_whole ? "`" : "");
      line += part.substr(is_whole ? kVerbatimMargin.size() : 0);
      line += is_whole ? "`" : "";
      separator = " ";
    });
  }
  return line + "; see " + finding.anchor;
}

}  // namespace perf_exporter
