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
  counters_.with_state([&](const CountersView& /*view*/) {
    host_info_ = std::move(families);
    host_info_changed_ = true;
  });
}

void Scrape::take(const Use& use) {
  std::string message;
  counters_.with_reading([&](const CountersView& view, const std::vector<Fault>& faults) {
    message = report_of(faults);
    refresh_info(view);
    const bool is_shared = view.read_at != 0 && view.read_at == samples_of_ &&
                           table_.samples().layout.generation == view.generation;
    if (!is_shared) {
      ProcessUsage usage = process_.read(boot_time_ns());
      usage.dropped_messages = dropped_messages_();
      table_.update(view, usage);
      samples_of_ = view.read_at;
    }
    use(table_.samples(), info_);
  });
  if (!message.empty()) {  // a log that stalls must not hold the counters
    logger_->warn(message);
  }
}

void Scrape::refresh_info(const CountersView& view) {
  if (!host_info_changed_ && info_made_for_ == view.generation) {
    return;
  }
  info_.families = host_info_;
  for (auto& family : counter_info(view, aggregate_)) {
    info_.families.push_back(std::move(family));
  }
  ++info_.generation;
  info_made_for_ = view.generation;
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
