#include "kernel/competition.h"

#include <algorithm>
#include <string_view>

#include "base/clock.h"

namespace perf_exporter {
namespace {

constexpr RawCount kScrapeEvery = 5 * kMillisecond;

bool has_status(const Page& page, const std::string& status) {
  return page.value("perf_exporter_event_cpus{event=\"instructions\",scope=\"cpu\",status=\"" +
                    status + "\"}")
             .value_or(0) > 0;
}

}  // namespace

void Monotony::take_in(const Page& page) {
  for (const auto& [series, value] : page.values()) {
    const std::string_view name = series.substr(0, series.find('{'));
    if (!name.starts_with("perf_cpu_") || !name.ends_with("_total")) {
      continue;
    }
    auto newest = newest_.find(series);
    if (newest == newest_.end()) {
      newest = newest_.emplace(series, value).first;
    }
    if (value < newest->second) {
      ++falls_;
      ADD_FAILURE() << series << " fell from " << newest->second << " to " << value;
    }
    newest->second = value;
  }
}

void CompetitionTest::SetUp() {
  HardwareTest::SetUp();
  if (IsSkipped()) {
    return;
  }
  number_ = std::to_string(to_int(cpu()));
  exporter_.emplace(
      std::vector<std::string>{"--collector=cycles,instructions,software", "--cpus=" + number_});
  measure_scrapes();
}

Point CompetitionTest::scrape(Load load) {
  const RawCount end = monotonic_ns() + kScrapeEvery;
  if (load == Load::bursty) {
    load_.run_until(end);
  }
  sleep_until(end);
  const Page page(exporter_->scrape());
  monotony_.take_in(page);
  ++scrapes_;
  Point point;
  point.known = static_cast<double>(load_.known()) + scrapes_ * by_scrape_;
  if (const auto shown = page.value("perf_cpu_instructions_total{cpu=\"" + number_ + "\"}")) {
    point.shown = static_cast<double>(*shown);
  }
  point.enabled = seconds(page, "enabled");
  point.running = seconds(page, "running");
  point.counting = has_status(page, "counting");
  point.taken_is_said =
      page.value("perf_exporter_finding{finding=\"counters_taken\",severity=\"warn\"}").has_value();
  point.multiplexed = has_status(page, "multiplexed");
  point.starved = has_status(page, "starved");
  return point;
}

std::vector<Point> CompetitionTest::scrape_times(int times, Load load) {
  std::vector<Point> points;
  for (int i = 0; i < times; ++i) {
    points.push_back(scrape(load));
  }
  return points;
}

void CompetitionTest::measure_scrapes() {
  constexpr int kScrapes = 100;
  scrape(Load::bursty);  // the first is longer than those that follow
  const Point first = scrape(Load::bursty);
  const RawCount start = monotonic_ns();
  const Point last = scrape_times(kScrapes, Load::bursty).back();
  const double elapsed = static_cast<double>(monotonic_ns() - start) / kSecond;
  ASSERT_TRUE(first.shown && last.shown);
  ASSERT_TRUE(last.counting) << "the counters are shared with others already";
  const double executed = *last.shown - *first.shown;
  by_scrape_ = std::max(0.0, (executed - (last.known - first.known)) / kScrapes);
  load_rate_ = executed / elapsed;
  report("instructions_of_a_scrape", std::to_string(static_cast<long>(by_scrape_)));
}

double CompetitionTest::seconds(const Page& page, const std::string& clock) const {
  const auto value = page.value("perf_cpu_group_" + clock + "_seconds_total{cpu=\"" + number_ +
                                "\",group=\"cycles\"}");
  EXPECT_TRUE(value) << clock;
  return static_cast<double>(value.value_or(0));
}

}  // namespace perf_exporter
