#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "caps/report/report.h"

namespace perf_exporter {

// The newest findings, written by the opening thread and read by pages. Thread-safe.
class NewestReport {
 public:
  // Replaces the report; from the first time on the exporter is ready.
  void publish(ProbeReport report);

  // Nothing before the first opens were tried.
  [[nodiscard]] std::optional<ProbeReport> get() const;

 private:
  mutable std::mutex mutex_;
  std::optional<ProbeReport> report_;
};

// The body of /-/ready: one line a finding.
std::string readiness_text(const std::optional<ProbeReport>& report);

}  // namespace perf_exporter
