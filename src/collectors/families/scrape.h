#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collectors/counting/counter_set.h"
#include "collectors/families/counter_table.h"
#include "collectors/families/info_families.h"

namespace perf_exporter {

// One scrape after another: reads the counters, or shares the reading of a scrape that ran at the
// same time, and hands the samples on.
class Scrape {
 public:
  // `counters` must outlive this. Failed reads are logged to `logger`, once a minute at most.
  // `dropped_messages` tells how many messages that logger could not write so far.
  Scrape(CounterSet& counters, const HostPaths& paths, Aggregate aggregate,
         std::vector<std::string> collectors, std::shared_ptr<spdlog::logger> logger,
         std::function<std::uint64_t()> dropped_messages);

  // Replaces the families that do not depend on counting: build info, CPU models, permissions.
  void set_host_info(std::vector<prometheus::MetricFamily> families);

  // Takes a scrape and calls `use` with its samples while no other scrape runs; they are valid for
  // the call only. What `use` throws passes through.
  using Use = std::function<void(const SampleTable&, const InfoFamilies&)>;
  void take(const Use& use);

 private:
  void refresh_info(const Snapshot& now);
  std::string report_of(const std::vector<Fault>& faults);

  CounterSet& counters_;
  Aggregate aggregate_;
  std::shared_ptr<spdlog::logger> logger_;
  std::function<std::uint64_t()> dropped_messages_;
  ProcessMetrics process_;
  std::mutex mutex_;  // guards all below
  CounterTable table_;
  std::uint64_t samples_of_ = 0;  // the snapshot's number that the table shows
  std::vector<prometheus::MetricFamily> host_info_;
  bool host_info_changed_ = true;
  InfoFamilies info_;
  std::uint64_t info_made_for_ = 0;  // the snapshot's generation
  std::uint64_t faults_to_report_ = 0;
  std::uint64_t reported_at_ = 0;
};

}  // namespace perf_exporter
