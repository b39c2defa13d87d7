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
      table_(aggregate, std::move(collectors)),
      host_info_(std::make_shared<const std::vector<prometheus::MetricFamily>>()) {}

void Scrape::set_host_info(std::vector<prometheus::MetricFamily> families) {
  auto made = std::make_shared<const std::vector<prometheus::MetricFamily>>(std::move(families));
  const std::lock_guard lock(mutex_);
  host_info_ = std::move(made);
}

Scrape::Samples Scrape::take() {
  const CounterSet::Taken taken = counters_.read();
  if (!taken.faults.empty()) {
    report(taken.faults);
  }
  return {table_of(*taken.snapshot), info_of(*taken.snapshot)};
}

std::shared_ptr<const SampleTable> Scrape::table_of(const Snapshot& now) {
  {
    const std::lock_guard lock(mutex_);
    if (samples_of_ == now.number()) {
      return samples_;
    }
  }
  ProcessUsage usage = process_.read(boot_time_ns());
  usage.dropped_messages = dropped_messages_();
  const std::lock_guard lock(mutex_);
  if (samples_of_ != now.number()) {  // else another was quicker
    samples_ = table_.update(now, usage);
    samples_of_ = now.number();
  }
  return samples_;
}

std::shared_ptr<const InfoFamilies> Scrape::info_of(const Snapshot& now) {
  HostInfo host;
  {
    const std::lock_guard lock(mutex_);
    if (info_made_for_ == now.generation() && info_made_of_ == host_info_) {
      return info_;
    }
    host = host_info_;
  }
  auto made = std::make_shared<InfoFamilies>();
  made->families = *host;
  for (auto& family : counter_info(now, aggregate_)) {
    made->families.push_back(std::move(family));
  }
  const std::lock_guard lock(mutex_);
  made->generation = ++infos_made_;
  info_ = made;
  info_made_for_ = now.generation();
  info_made_of_ = std::move(host);
  return made;
}

void Scrape::report(const std::vector<Fault>& faults) {
  std::uint64_t failures = 0;
  {
    const std::lock_guard lock(mutex_);
    faults_to_report_ += faults.size();
    const std::uint64_t now = monotonic_ns();
    if (reported_at_ != 0 && now - reported_at_ < kMinute) {
      return;
    }
    failures = std::exchange(faults_to_report_, 0);
    reported_at_ = now;
  }
  logger_->warn(
      "reading of events failed: {} ({} failures since the last message); their samples "
      "are absent",
      faults.front().what, failures);
}

}  // namespace perf_exporter
