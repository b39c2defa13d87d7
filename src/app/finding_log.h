#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/once_a_minute.h"
#include "caps/advice/finding.h"

namespace perf_exporter {

// Logs findings as they come, change and go, however often they are published and whatever their
// evidence is: about one id at most once a minute, as it then stands, and once that it has gone.
// What comes and goes within the minute is not logged; neither is that something well has gone, for
// what came instead is. Remembers what stands and what was logged in the last minute. For one
// thread.
class FindingLog {
 public:
  // `now`: CLOCK_MONOTONIC in ns.
  FindingLog(std::shared_ptr<spdlog::logger> logger, std::function<std::uint64_t()> now)
      : logger_(std::move(logger)), now_(std::move(now)) {}

  // The findings that stand from now on.
  void show(const std::vector<Finding>& findings);

  // To be called every second or so: logs what has waited for its minute.
  void look();

 private:
  using Line = std::pair<Severity, std::string>;
  struct Message {
    spdlog::level::level_enum level;
    std::string text;
  };

  [[nodiscard]] std::vector<Message> take_due();
  void log(const std::vector<Message>& messages);

  std::shared_ptr<spdlog::logger> logger_;
  std::function<std::uint64_t()> now_;
  std::vector<std::pair<std::string, Line>> standing_;  // with their ids, as they were shown
  std::map<std::string, std::vector<Line>> told_;       // by id; what stood when it was told of
  OnceAMinute<std::string> told_lately_;
  bool is_waiting_ = false;  // whether something stands that is not told yet
};

}  // namespace perf_exporter
