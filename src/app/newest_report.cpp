#include "app/newest_report.h"

#include <utility>

namespace perf_exporter {

void NewestReport::publish(ProbeReport report) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

std::optional<ProbeReport> NewestReport::get() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::string readiness_text(const std::optional<ProbeReport>& report) {
  if (!report) {
    return "starting: the first events are being opened\n";
  }
  std::string text = "ready\n";
  for (const Finding& finding : report->findings) {
    text += std::string(to_text(finding.severity)) + " " + log_line(finding) + "\n";
  }
  return text;
}

}  // namespace perf_exporter
