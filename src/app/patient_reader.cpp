#include "app/patient_reader.h"

#include <chrono>
#include <condition_variable>
#include <optional>
#include <utility>

#include "host/thread.h"

namespace perf_exporter {
namespace {

constexpr std::chrono::seconds kPatience{2};
// Readers that the counters can lose, and one that then answers at once.
constexpr int kTries = 3;

}  // namespace

// What one thread is made for. Outlives whoever of the two is done first.
class PatientReader::Errand {
 public:
  enum class Order { read, go_home };

  explicit Errand(std::shared_ptr<std::atomic<std::size_t>> left_behind)
      : left_behind_(std::move(left_behind)) {}

  // By the thread.
  Order wait_for_order() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return order_.has_value(); });
    return *order_;
  }
  void report_done() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    *left_behind_ -= left_ ? 1 : 0;
    changed_.notify_all();
  }

  // By whoever sends it.
  void give(Order order) {
    const std::lock_guard lock(mutex_);
    order_ = order;
    changed_.notify_all();
  }
  bool wait_until_done() {
    std::unique_lock lock(mutex_);
    left_ = !changed_.wait_for(lock, kPatience, [this] { return done_; });
    *left_behind_ += left_ ? 1 : 0;
    return !left_;
  }

 private:
  const std::shared_ptr<std::atomic<std::size_t>> left_behind_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Order> order_;
  bool done_ = false;
  bool left_ = false;
};

PatientReader::PatientReader(CounterSet& counters, const HostPaths& paths)
    : counters_(counters),
      paths_(paths),
      left_behind_(std::make_shared<std::atomic<std::size_t>>(0)) {}

PatientReader::~PatientReader() {
  for (const auto& errand : prepared_) {
    errand->give(Errand::Order::go_home);
  }
}

Result<std::shared_ptr<PatientReader::Errand>> PatientReader::make_thread() {
  const auto errand = std::make_shared<Errand>(left_behind_);
  auto thread = start_thread(
      "reader",
      [errand, &counters = counters_] {
        if (errand->wait_for_order() == Errand::Order::read) {
          counters.read();
          errand->report_done();
        }
      },
      paths_);
  if (!thread) {
    return tl::unexpected(thread.error());
  }
  thread->detach();
  return errand;
}

Result<void> PatientReader::prepare() {
  auto errand = make_thread();
  if (!errand) {
    return tl::unexpected(errand.error());
  }
  const std::lock_guard lock(mutex_);
  prepared_.push_back(std::move(*errand));
  return {};
}

std::shared_ptr<PatientReader::Errand> PatientReader::take_prepared() {
  const std::lock_guard lock(mutex_);
  if (prepared_.empty()) {
    return nullptr;
  }
  auto errand = std::move(prepared_.back());
  prepared_.pop_back();
  return errand;
}

bool PatientReader::read() {
  for (int i = 0; i < kTries; ++i) {
    auto errand = take_prepared();
    if (errand == nullptr) {
      auto made = make_thread();
      if (!made) {
        return false;
      }
      errand = std::move(*made);
    }
    errand->give(Errand::Order::read);
    if (errand->wait_until_done()) {
      return true;
    }
  }
  return false;
}

}  // namespace perf_exporter
