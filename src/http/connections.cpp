#include "http/connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace perf_exporter {
namespace {

using Clock = std::chrono::steady_clock;

// More wait in the kernel's queue.
constexpr std::size_t kLongestQueue = 64;
constexpr std::chrono::seconds kLinger{3};
// A worker that handles a request is likely to be free after this time.
constexpr std::chrono::milliseconds kMoment{2};
}  // namespace

Connections::Connections(std::size_t least, std::size_t most, Door& door)
    : least_(least), door_(door), workers_(most) {
  queue_.reserve(kLongestQueue);
  for (std::size_t i = 0; i < most; ++i) {
    workers_[i].number_ = i;
  }
}

Connections::Worker* Connections::enter() {
  const std::lock_guard lock(mutex_);
  const auto place = std::find_if(workers_.begin(), workers_.end(), [](const Worker& worker) {
    return worker.state_ == Worker::State::absent;
  });
  if (place == workers_.end()) {
    return nullptr;
  }
  place->state_ = Worker::State::entered;
  ++counted_;
  ++free_;
  return &*place;
}

void Connections::leave(Worker& worker) {
  const std::lock_guard lock(mutex_);
  if (worker.state_ != Worker::State::dismissed) {
    dismiss(worker);
  }
  worker.state_ = Worker::State::absent;
  changed_.notify_all();
}

std::size_t Connections::count_workers() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

void Connections::wait_until_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return std::none_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
      return worker.state_ == Worker::State::entered;
    });
  });
}

bool Connections::is_full() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= kLongestQueue;
}

std::optional<Connections::Accepted> Connections::take(Worker& worker) {
  const auto until = Clock::now() + kLinger;
  Lock lock(mutex_);
  if (worker.state_ == Worker::State::entered) {
    worker.state_ = Worker::State::present;
    changed_.notify_all();
  }
  while (!ending_) {
    if (!queue_.empty()) {
      Accepted next = std::move(queue_.front());
      queue_.erase(queue_.begin());
      return hand(worker, std::move(next));
    }
    if (counted_ > least_ && Clock::now() >= until) {
      dismiss(worker);
      return std::nullopt;
    }
    if (is_door_open_ && door_.can_wait()) {
      if (auto next = wait_at_door(lock, until)) {
        return hand(worker, std::move(*next));
      }
    } else if (counted_ <= least_) {
      offered_.wait(lock);
    } else {
      offered_.wait_until(lock, until);
    }
  }
  return std::nullopt;
}

Connections::Accepted Connections::hand(Worker& worker, Accepted connection) {
  --free_;
  worker.activity_ = Activity::waiting;
  worker.since_ = connection.since;
  worker.fd_ = connection.fd.get();
  worker.has_answered_ = false;
  worker.is_evicted_ = false;
  return connection;
}

void Connections::now(Worker& worker, Activity activity) {
  const std::lock_guard lock(mutex_);
  if (activity == Activity::idle && worker.fd_ >= 0) {
    ++free_;
    worker.fd_ = -1;
  }
  worker.has_answered_ |= activity == Activity::sending;
  worker.activity_ = activity;
  worker.since_ = Clock::now();
  if (draining_) {
    changed_.notify_all();
  }
}

Connections::Waiting Connections::waiting() const {
  const std::lock_guard lock(mutex_);
  const bool is_moment_over = queue_.empty() || Clock::now() - queue_.front().since >= kMoment ||
                              !is_any(Activity::handling);
  return {queue_.size() > free_, is_moment_over ? count_in_want() : 0};
}

bool Connections::make_room(MayGo may_go) {
  const std::lock_guard lock(mutex_);
  const std::size_t wanted = count_in_want();
  if (wanted == 0) {
    return true;
  }
  return !evict(may_go, wanted).others_soon;
}

void Connections::free_descriptor() {
  if (count_evicted() == 0) {
    evict(MayGo::any, 1);
  }
}

void Connections::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  queue_.clear();
  std::vector<Worker*> holders;
  const std::vector<HeldConnection> held = list_held(holders);
  for (const std::size_t silent : find_silent(held)) {
    ::shutdown(held[silent].fd, SHUT_RD);
  }
  changed_.wait_for(lock, patience,
                    [this] { return !is_any(Activity::handling) && !is_any(Activity::sending); });
}

bool Connections::end(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  offered_.notify_all();
  for (const Worker& worker : workers_) {
    if (worker.fd_ >= 0) {
      ::shutdown(worker.fd_, SHUT_RDWR);
    }
  }
  return changed_.wait_for(lock, patience, [this] {
    return std::all_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return worker.state_ == Worker::State::absent; });
  });
}

void Connections::dismiss(Worker& worker) {
  worker.state_ = Worker::State::dismissed;
  --counted_;
  --free_;
}

bool Connections::is_any(Activity activity) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const Worker& worker) { return worker.activity_ == activity; });
}

std::size_t Connections::count_in_want() const {
  const std::size_t coming = free_ + count_evicted();
  return queue_.size() > coming ? queue_.size() - coming : 0;
}

std::size_t Connections::count_evicted() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(),
                    [](const Worker& worker) { return worker.fd_ >= 0 && worker.is_evicted_; }));
}

// Those in the queue first, in its order; nobody holds them.
std::vector<HeldConnection> Connections::list_held(std::vector<Worker*>& holders) {
  using Waits = HeldConnection::Waits;
  std::vector<HeldConnection> held;
  for (const Accepted& waiting : queue_) {
    held.push_back({waiting.fd.get(), Waits::for_first, waiting.since});
    holders.push_back(nullptr);
  }
  for (Worker& worker : workers_) {
    const bool is_sending = worker.activity_ == Activity::sending;
    if (worker.is_evicted_ || (worker.activity_ != Activity::waiting && !is_sending)) {
      continue;
    }
    const Waits next = worker.has_answered_ ? Waits::for_next : Waits::for_first;
    held.push_back({worker.fd_, is_sending ? Waits::for_client : next, worker.since_});
    holders.push_back(&worker);
  }
  return held;
}

Victims Connections::evict(MayGo may_go, std::size_t wanted) {
  std::vector<Worker*> holders;
  const std::vector<HeldConnection> held = list_held(holders);
  Victims victims = choose_victims(held, may_go, wanted);
  for (const std::size_t victim : victims.indices) {
    if (holders[victim] == nullptr) {
      queue_[victim].fd = UniqueFd();
      continue;
    }
    // After SHUT_RD what has arrived is still read and an answer still sent: a request that was on
    // its way meanwhile is not lost. It takes more to wake a worker that can't send.
    const bool is_sending = held[victim].waits == HeldConnection::Waits::for_client;
    ::shutdown(held[victim].fd, is_sending ? SHUT_RDWR : SHUT_RD);
    holders[victim]->is_evicted_ = true;
  }
  std::erase_if(queue_, [](const Accepted& waiting) { return !waiting.fd.valid(); });
  return victims;
}

}  // namespace perf_exporter
