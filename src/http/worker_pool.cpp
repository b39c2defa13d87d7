#include "http/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "host/thread.h"

namespace perf_exporter {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr const char* kThreadName = "http-worker";
// The pause between two looks while connections wait.
constexpr Milliseconds kPause{10};
// As long as requests are handled, somebody is likely to be free after this time.
constexpr Milliseconds kShortPause{2};
// Up to so many threads are made without a look at whether connections are half open.
constexpr std::size_t kFew = 8;
// So many tasks are left to the rest of the program, which forks now and then.
constexpr std::size_t kHeadroom = 2;
// How long no more threads are asked for after one could not be made.
constexpr std::chrono::seconds kLimited{10};
constexpr Milliseconds kDrain{700};
constexpr Milliseconds kStop{1000};

// Takes up room for tasks as long as it lives.
class Placeholders {
 public:
  Placeholders() = default;
  Placeholders(const Placeholders&) = delete;
  Placeholders& operator=(const Placeholders&) = delete;
  ~Placeholders() {
    released_ = true;
    released_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  Result<void> add(const HostPaths& paths) {
    auto thread = start_thread(
        kThreadName, [this] { released_.wait(false); }, paths);
    if (!thread) {
      return tl::unexpected<Fault>(thread.error());
    }
    threads_.push_back(std::move(*thread));
    return {};
  }

 private:
  std::atomic<bool> released_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

WorkerPool::WorkerPool(Options options, Door& door, std::function<void(Connections::Worker&)> serve)
    : options_(std::move(options)),
      serve_(std::move(serve)),
      connections_(options_.least, options_.most, door),
      threads_(options_.most),
      bound_(options_.most) {}

WorkerPool::~WorkerPool() {
  while (!connections_.end(std::chrono::hours(1))) {
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

Result<void> WorkerPool::start() {
  for (std::size_t i = 0; i < options_.least; ++i) {
    if (auto added = add_thread(); !added) {
      return added;
    }
  }
  connections_.wait_until_ready();
  if (connections_.count_workers() < options_.least) {
    return fault("there is no memory for the HTTP server");
  }
  return {};
}

std::optional<Milliseconds> WorkerPool::make_room() {
  const Connections::Waiting waiting = connections_.waiting();
  if (!waiting.any) {
    return look_for_room();
  }
  if (waiting.in_want == 0) {
    return kShortPause;
  }
  if (bound_until_ < Clock::now()) {
    bound_ = options_.most;
  }
  grow(std::min(bound_, kFew));
  if (connections_.make_room(MayGo::half_open)) {
    grow(bound_);
    connections_.make_room(MayGo::any);
  }
  return kPause;
}

bool WorkerPool::stop() {
  const auto until = Clock::now() + kStop;
  connections_.drain(kDrain);
  return connections_.end(std::chrono::duration_cast<Milliseconds>(until - Clock::now()));
}

Result<void> WorkerPool::add_thread() {
  Connections::Worker* worker = connections_.enter();
  if (worker == nullptr) {  // one is about to leave
    return {};
  }
  std::thread& place = threads_[worker->number()];
  if (place.joinable()) {  // its worker has left
    place.join();
  }
  auto thread = start_thread(
      kThreadName,
      [this, worker] {
        serve_(*worker);
        connections_.leave(*worker);
      },
      options_.paths);
  if (!thread) {
    connections_.leave(*worker);
    return tl::unexpected<Fault>(thread.error());
  }
  place = std::move(*thread);
  return {};
}

// Makes a thread for each connection in want of one.
void WorkerPool::grow(std::size_t most) {
  const std::size_t lost = std::min(options_.lost(), connections_.count_workers());
  const std::size_t workers = connections_.count_workers() - lost;
  const std::size_t count =
      std::min(connections_.waiting().in_want, most - std::min(most, workers));
  if (count == 0) {
    return;
  }
  Placeholders headroom;
  Result<void> made;
  for (std::size_t i = lost; made && i < kHeadroom; ++i) {
    made = headroom.add(options_.paths);
  }
  for (std::size_t i = 0; made && i < count; ++i) {
    made = add_thread();
  }
  if (made) {
    end_shortage();
    return;
  }
  bound_ = std::max(options_.least, connections_.count_workers() - lost);
  note_shortage(made.error().what);
}

// Whether there is room for one more than there are, while nobody waits for one.
std::optional<Milliseconds> WorkerPool::look_for_room() {
  if (!shortage()) {
    return std::nullopt;
  }
  if (Clock::now() >= bound_until_) {
    Placeholders room;
    Result<void> made;
    for (std::size_t i = 0; made && i < kHeadroom + 1; ++i) {
      made = room.add(options_.paths);
    }
    if (made) {
      bound_ = options_.most;
      end_shortage();
      return std::nullopt;
    }
    bound_until_ = Clock::now() + kLimited;
  }
  return std::chrono::ceil<Milliseconds>(bound_until_ - Clock::now());
}

void WorkerPool::note_shortage(const std::string& why) {
  bound_until_ = Clock::now() + kLimited;
  const std::lock_guard lock(shortage_mutex_);
  if (!shortage_) {  // the numbers of one that lasts would change from look to look
    shortage_ = std::to_string(bound_) + " of up to " + std::to_string(options_.most) +
                " threads answer requests: " + why;
  }
}

void WorkerPool::end_shortage() {
  const std::lock_guard lock(shortage_mutex_);
  shortage_.reset();
}

std::optional<std::string> WorkerPool::shortage() const {
  const std::lock_guard lock(shortage_mutex_);
  return shortage_;
}

}  // namespace perf_exporter
