#include "app/finding_log.h"

#include <algorithm>

#include "app/logging.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return spdlog::level::info;
    case Severity::fail:
      return spdlog::level::err;
    case Severity::warn:
    case Severity::unknown:
      break;
  }
  return spdlog::level::warn;
}

bool is_well(const std::pair<Severity, std::string>& line) {
  return line.first == Severity::ok;
}

}  // namespace

void FindingLog::show(const std::vector<Finding>& findings) {
  standing_.clear();
  for (const Finding& finding : findings) {
    standing_.push_back({finding.id, {finding.severity, log_line(finding)}});
  }
  log(take_due());
}

void FindingLog::look() {
  if (is_waiting_) {
    log(take_due());
  }
}

std::vector<FindingLog::Message> FindingLog::take_due() {
  std::vector<Message> messages;
  std::map<std::string, std::vector<Line>> standing;
  for (const auto& [id, line] : standing_) {
    standing[id].push_back(line);
  }
  std::erase_if(told_, [&](const auto& entry) {
    const auto& [id, lines] = entry;
    const bool is_gone = !standing.contains(id);
    if (is_gone && !std::all_of(lines.begin(), lines.end(), is_well)) {
      messages.push_back(
          {spdlog::level::info, with_fields("a finding has gone", {{"finding", id}})});
    }
    return is_gone;
  });
  const std::uint64_t now = now_();
  is_waiting_ = false;
  std::erase_if(standing, [&](const auto& entry) {
    const auto& [id, lines] = entry;
    const bool is_told = told_[id] == lines;
    const bool must_wait = !is_told && !told_lately_.admits(id, now);
    is_waiting_ = is_waiting_ || must_wait;
    return is_told || must_wait;
  });
  for (const auto& [id, line] : standing_) {
    const auto due = standing.find(id);
    if (due == standing.end()) {
      continue;
    }
    std::vector<Line>& told = told_[id];
    if (std::find(told.begin(), told.end(), line) == told.end()) {
      messages.push_back({level_of(line.first), line.second});
    }
  }
  for (auto& [id, lines] : standing) {
    told_[id] = std::move(lines);
  }
  std::erase_if(told_, [](const auto& entry) { return entry.second.empty(); });
  return messages;
}

void FindingLog::log(const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    logger_->log(message.level, "{}", message.text);
  }
}

}  // namespace perf_exporter
