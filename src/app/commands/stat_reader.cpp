#include "app/commands/stat_reader.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "host/thread.h"

namespace perf_exporter {
namespace {

constexpr std::chrono::seconds kPatience{2};
// Readers that the counters can lose, and one that then answers at once.
constexpr int kTries = 3;

StatSnapshot read(CounterSet& counters) {
  StatSnapshot snapshot;
  counters.with_reading([&](const CountersView& view, const std::vector<Fault>& /*faults*/) {
    snapshot = stat_snapshot(view, monotonic_ns());
  });
  return snapshot;
}

// Where a thread puts its snapshot. Outlives whoever of the two is done first.
class Place {
 public:
  void put(StatSnapshot snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
    put_.notify_all();
  }
  std::optional<StatSnapshot> wait() {
    std::unique_lock lock(mutex_);
    put_.wait_for(lock, kPatience, [this] { return snapshot_.has_value(); });
    return std::move(snapshot_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable put_;
  std::optional<StatSnapshot> snapshot_;
};

}  // namespace

StatSnapshot StatReader::take() {
  for (int i = 0; i < kTries; ++i) {
    const auto place = std::make_shared<Place>();
    auto thread = start_thread(
        "stat-reader", [place, &counters = counters_] { place->put(read(counters)); }, paths_);
    if (!thread) {
      return read(counters_);
    }
    if (auto snapshot = place->wait()) {
      thread->join();
      return std::move(*snapshot);
    }
    thread->detach();
    ++left_behind_;
  }
  StatSnapshot snapshot;
  counters_.with_state(
      [&](const CountersView& view) { snapshot = stat_snapshot(view, monotonic_ns()); });
  return snapshot;
}

}  // namespace perf_exporter
