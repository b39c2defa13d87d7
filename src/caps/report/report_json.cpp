#include <algorithm>
#include <string_view>

#include "base/json.h"
#include "caps/report/fact_rows.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

constexpr int kSchemaVersion = 1;

struct ValueJson {
  std::string operator()(std::monostate /*unknown*/) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return json_string(value); }
  std::string operator()(const std::vector<std::string>& values) const {
    return json_array(values);
  }
};

std::string finding_json(const Finding& finding) {
  return R"({"id":)" + json_string(finding.id) + R"(,"severity":)" +
         json_string(to_text(finding.severity)) + R"(,"summary":)" + json_string(finding.summary) +
         R"(,"evidence":)" + json_string(finding.evidence) + R"(,"fix":)" +
         json_string(whole_fix(finding)) + R"(,"anchor":)" + json_string(finding.anchor) + "}";
}

std::string_view outcome_name(TrialResult::Outcome outcome) {
  constexpr std::string_view kNames[] = {"not_run", "opened", "done",
                                         "refused", "killed", "unanswered"};
  return kNames[static_cast<std::size_t>(outcome)];
}

// "error" names the errno or the signal, and is null where there is none.
std::string trial_json(Trial trial, const TrialResult& result) {
  const bool has_number = result.outcome == TrialResult::Outcome::refused ||
                          result.outcome == TrialResult::Outcome::killed;
  return R"({"id":)" + json_string(trial_id(trial)) + R"(,"description":)" +
         json_string(trial_description(trial)) + R"(,"outcome":)" +
         json_string(outcome_name(result.outcome)) + R"(,"error":)" +
         (has_number ? json_string(to_text(result)) : "null") + "}";
}

std::string event_json(const EventTrial& event) {
  return R"({"event":)" + json_string(event.event) + R"(,"scope":)" + json_string(event.scope) +
         R"(,"status":)" + json_string(event.status) + R"(,"error":)" +
         (event.error.empty() ? "null" : json_string(event.error)) + R"(,"cpus":)" +
         json_string(event.cpus) + "}";
}

}  // namespace

std::string report_json(const ProbeReport& report, std::string_view further) {
  std::string out = R"({"schema_version":)" + std::to_string(kSchemaVersion) + R"(,"findings":[)";
  std::string_view separator;
  for (const Finding& finding : report.findings) {
    out.append(separator).append(finding_json(finding));
    separator = ",";
  }
  out += R"(],"events":[)";
  separator = {};
  for (const EventTrial& event : report.events) {
    out.append(separator).append(event_json(event));
    separator = ",";
  }
  out += R"(],"trials":{"cpu":)" + std::to_string(to_int(report.trials.cpu)) + R"(,"cgroup":)" +
         (report.trials.cgroup.empty() ? "null" : json_string(report.trials.cgroup)) +
         R"(,"results":[)";
  separator = {};
  for (std::size_t i = 0; i < kTrialCount; ++i) {
    const auto trial = static_cast<Trial>(i);
    out.append(separator).append(trial_json(trial, report.trials[trial]));
    separator = ",";
  }
  out += R"(]},"facts":{)";
  separator = {};
  for (const FactRow& row : fact_rows(report.facts)) {
    out.append(separator).append(json_string(row.name)).append(":");
    out += std::visit(ValueJson{}, row.value);
    separator = ",";
  }
  out += "}";
  if (!further.empty()) {
    out.append(",").append(further);
  }
  return out + "}";
}

}  // namespace perf_exporter
