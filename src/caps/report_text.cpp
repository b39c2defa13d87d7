#include <algorithm>
#include <string_view>

#include "caps/fact_rows.h"
#include "caps/report.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLabelColumn = 2;
constexpr std::size_t kTextColumn = 12;
constexpr std::size_t kFactColumn = 28;

// Calls `take` with every line of a text.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    take(line);
  }
}

// Breaks a line at spaces into pieces of at most `width`; a longer word stays whole.
std::vector<std::string_view> wrap(std::string_view line, std::size_t width) {
  std::vector<std::string_view> pieces;
  while (line.size() > width) {
    auto space = line.rfind(' ', width);
    if (space == std::string_view::npos || space == 0) {
      space = line.find(' ', 1);
    }
    if (space == std::string_view::npos) {
      break;
    }
    pieces.push_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  pieces.push_back(line);
  return pieces;
}

// "  label     text", wrapped, continued below the text.
void add_labelled(std::string& out, std::string_view label, std::string_view text,
                  std::size_t column) {
  std::string margin = std::string(kLabelColumn, ' ') + std::string(label);
  margin.resize(std::max(column, margin.size() + 1), ' ');
  for_each_line(text, [&](std::string_view line) {
    const bool is_verbatim = line.starts_with(' ');
    const auto pieces = is_verbatim ? std::vector{line} : wrap(line, kColumns - column);
    for (const std::string_view piece : pieces) {
      out += margin;
      out += piece;
      out += '\n';
      margin.assign(column, ' ');
    }
  });
}

void add_finding(std::string& out, const Finding& finding) {
  out += std::string(to_text(finding.severity)) + ": " + finding.id + "\n";
  add_labelled(out, "what", finding.summary, kTextColumn);
  add_labelled(out, "evidence", finding.evidence, kTextColumn);
  add_labelled(out, "fix", finding.fix, kTextColumn);
  add_labelled(out, "see", finding.anchor, kTextColumn);
  out += '\n';
}

void add_trials(std::string& out, const Trials& trials) {
  out += "trial opens (whole CPU: " + std::to_string(to_int(trials.cpu)) + ")\n";
  for (std::size_t i = 0; i < kTrialCount; ++i) {
    const auto trial = static_cast<Trial>(i);
    std::string row = trial_id(trial) + "  " + std::string(trial_description(trial));
    row.resize(std::max<std::size_t>(row.size() + 1, 40), ' ');
    out += "  " + row + to_text(trials[trial]) + "\n";
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

std::string report_text(const ProbeReport& report) {
  std::string out;
  for (const Finding& finding : report.findings) {
    add_finding(out, finding);
  }
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
    for_each_line(finding.fix, [&](std::string_view part) {
      line += separator;
      line += part.substr(std::min(part.find_first_not_of(' '), part.size()));
      separator = " ";
    });
  }
  return line + "; see " + finding.anchor;
}

}  // namespace perf_exporter
