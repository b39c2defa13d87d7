#include "collectors/families/scrape.h"

#include <utility>

#include "base/clock.h"
#include "collectors/families/info_metrics.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kMinute = 60'000'000'000;

}  // namespace

Scrape::Scrape(CounterSet& counters, const HostPaths& paths, Aggregate aggregate,
               std::vector<std::string> collectors, std::shared_ptr<spdlog::logger> logger,
               std::function<std::uint64_t()> dropped_messages)
    : counters_(counters),
      aggregate_(aggregate),
      logger_(std::move(logger)),
      dropped_messages_(std::move(dropped_messages)),
      process_(paths),
      table_(aggregate, std::move(collectors)) {}

void Scrape::set_host_info(std::vector<prometheus::MetricFamily> families) {
  const std::lock_guard lock(mutex_);
  host_info_ = std::move(families);
  host_info_changed_ = true;
}

void Scrape::take(const Use& use) {
  const CounterSet::Taken taken = counters_.read();
  std::string message;
  {
    const std::lock_guard lock(mutex_);
    message = report_of(taken.faults);
    refresh_info(*taken.snapshot);
    if (samples_of_ != taken.snapshot->number()) {
      ProcessUsage usage = process_.read(boot_time_ns());
      usage.dropped_messages = dropped_messages_();
      table_.update(*taken.snapshot, usage);
      samples_of_ = taken.snapshot->number();
    }
    use(table_.samples(), info_);
  }
  if (!message.empty()) {  // a log that stalls must not hold up other scrapes
    logger_->warn(message);
  }
}

void Scrape::refresh_info(const Snapshot& now) {
  if (!host_info_changed_ && info_made_for_ == now.generation()) {
    return;
  }
  info_.families = host_info_;
  for (auto& family : counter_info(now, aggregate_)) {
    info_.families.push_back(std::move(family));
  }
  ++info_.generation;
  info_made_for_ = now.generation();
  host_info_changed_ = false;
}

std::string Scrape::report_of(const std::vector<Fault>& faults) {
  faults_to_report_ += faults.size();
  const std::uint64_t now = monotonic_ns();
  if (faults.empty() || (reported_at_ != 0 && now - reported_at_ < kMinute)) {
    return "";
  }
  const std::string failures = std::to_string(std::exchange(faults_to_report_, 0));
  reported_at_ = now;
  return "reading of events failed: " + faults.front().what + " (" + failures +
         " failures since the last message); their samples are absent";
}

}  // namespace perf_exporter
