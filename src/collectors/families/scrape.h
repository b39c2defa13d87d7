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
#include "collectors/families/sample_table.h"

namespace perf_exporter {

// One scrape after another: reads the counters, or shares the reading of a scrape that ran at the
// same time, and hands the samples out. Thread-safe; no lock is held while a system call is made, a
// message logged, or text made.
class Scrape {
 public:
  // `counters` must outlive this. Failed reads are logged to `logger`, once a minute at most.
  // `dropped_messages` tells how many messages that logger could not write so far.
  Scrape(CounterSet& counters, const HostPaths& paths, Aggregate aggregate,
         std::vector<std::string> collectors, std::shared_ptr<spdlog::logger> logger,
         std::function<std::uint64_t()> dropped_messages);

  // Replaces the families that do not depend on counting: build info, CPU models, permissions.
  void set_host_info(std::vector<prometheus::MetricFamily> families);

  // Immutable, and valid as long as they are held. Those that share a reading share the samples.
  struct Samples {
    std::shared_ptr<const SampleTable> table;
    std::shared_ptr<const InfoFamilies> info;
  };
  Samples take();

 private:
  using HostInfo = std::shared_ptr<const std::vector<prometheus::MetricFamily>>;

  std::shared_ptr<const SampleTable> table_of(const Snapshot& now);
  std::shared_ptr<const InfoFamilies> info_of(const Snapshot& now);
  void report(const std::vector<Fault>& faults);

  CounterSet& counters_;
  Aggregate aggregate_;
  std::shared_ptr<spdlog::logger> logger_;
  std::function<std::uint64_t()> dropped_messages_;
  ProcessMetrics process_;
  std::mutex mutex_;  // guards all below
  CounterTable table_;
  std::shared_ptr<const SampleTable> samples_;
  std::uint64_t samples_of_ = 0;  // the number of the snapshot that they show
  HostInfo host_info_;
  std::shared_ptr<const InfoFamilies> info_;
  std::uint64_t info_made_for_ = 0;  // the snapshot's generation
  HostInfo info_made_of_;
  std::uint64_t infos_made_ = 0;
  std::uint64_t faults_to_report_ = 0;
  std::uint64_t reported_at_ = 0;
};

}  // namespace perf_exporter
