// The part of Connections that has workers wait at the door, and accept for themselves.
#include <algorithm>
#include <utility>

#include "http/connections.h"

namespace perf_exporter {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kForEver = -1;
// It takes some us.
constexpr std::chrono::milliseconds kLeaving{500};

int milliseconds_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  return std::max(static_cast<int>(left.count()), 0);
}

}  // namespace

// Nothing has come after a while, or where somebody else has to accept.
std::optional<Connections::Accepted> Connections::wait_at_door(Lock& lock,
                                                               Clock::time_point until) {
  const int timeout = counted_ > least_ ? milliseconds_until(until) : kForEver;
  ++at_door_;
  lock.unlock();
  Door::Arrival arrival = door_.wait(timeout);
  lock.lock();
  --at_door_;
  const bool is_nothing = arrival.outcome == Door::Outcome::nothing;
  is_door_open_ = is_door_open_ && (is_nothing || arrival.outcome == Door::Outcome::accepted);
  if (at_door_ == 0) {
    unwatched_.notify_all();
  }
  if (arrival.outcome != Door::Outcome::accepted) {
    return std::nullopt;
  }
  if (arrival.is_last) {
    free_descriptor();
  }
  return Accepted{std::move(arrival.fd), arrival.listener, Clock::now()};
}

void Connections::open_door() {
  const std::lock_guard lock(mutex_);
  if (!is_door_open_ && door_.can_wait()) {
    is_door_open_ = true;
    offered_.notify_all();
  }
}

// With the lock held: a worker that comes meanwhile looks into the queue first.
Door::Outcome Connections::accept_from(const Listener& listener) {
  const std::lock_guard lock(mutex_);
  if (at_door_ > 0) {
    return Door::Outcome::nothing;
  }
  Door::Arrival arrival = door_.accept_from(listener);
  if (arrival.outcome == Door::Outcome::accepted) {
    queue_.push_back({std::move(arrival.fd), &listener, Clock::now()});
    offered_.notify_one();
  }
  if (arrival.is_last || arrival.outcome == Door::Outcome::no_descriptor) {
    free_descriptor();
  }
  return arrival.outcome;
}

bool Connections::wait_while_watched(std::optional<std::chrono::milliseconds> timeout) {
  Lock lock(mutex_);
  const auto is_over = [this] { return at_door_ == 0 || !door_.can_wait(); };
  if (timeout) {
    unwatched_.wait_for(lock, *timeout, is_over);
  } else {
    unwatched_.wait(lock, is_over);
  }
  return at_door_ > 0;
}

void Connections::close_door() {
  Lock lock(mutex_);
  door_.close();
  unwatched_.notify_all();
  unwatched_.wait_for(lock, kLeaving, [this] { return at_door_ == 0; });
}

}  // namespace perf_exporter
