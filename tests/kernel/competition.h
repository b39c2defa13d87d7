// The exporter beside another user of the PMU, scraped all the while under a load of known length.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/count.h"
#include "kernel/bursty_load.h"
#include "kernel/exporter_process.h"
#include "kernel/hardware_test.h"

namespace perf_exporter {

// Remembers the newest value of each perf_cpu_*_total and counts how often one fell. One that was
// absent in between is compared with what it was before.
class Monotony {
 public:
  void take_in(const Page& page);

  [[nodiscard]] int falls() const { return falls_; }

 private:
  std::map<std::string, long double, std::less<>> newest_;
  int falls_ = 0;
};

// What was executed and what the exporter shows, at one scrape.
struct Point {
  double known = 0;  // loop instructions of the load, and the scrapes themselves
  std::optional<double> shown;
  double enabled = 0;  // s
  double running = 0;
  bool multiplexed = false;
  bool starved = false;
  bool counting = false;
  bool taken_is_said = false;  // by the finding counters_taken
};

enum class Load { bursty, none };

class CompetitionTest : public HardwareTest {
 protected:
  // Starts the exporter and measures what a scrape takes, while nobody competes.
  void SetUp() override;

  // Lets the load run for 5 ms, or the CPU idle, and scrapes.
  Point scrape(Load load);
  std::vector<Point> scrape_times(int times, Load load);

  [[nodiscard]] const Monotony& monotony() const { return monotony_; }
  // Instructions a second while the load runs and is scraped.
  [[nodiscard]] double load_rate() const { return load_rate_; }

 private:
  void measure_scrapes();
  [[nodiscard]] double seconds(const Page& page, const std::string& clock) const;

  std::string number_;  // of the CPU
  std::optional<ExporterProcess> exporter_;
  BurstyLoad load_{11};
  Monotony monotony_;
  int scrapes_ = 0;
  double by_scrape_ = 0;  // instructions
  double load_rate_ = 0;
};

}  // namespace perf_exporter
