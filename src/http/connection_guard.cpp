#include "http/connection_guard.h"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace perf_exporter {
namespace {

using Clock = std::chrono::steady_clock;
using Activity = ConnectionGuard::Activity;
using Worker = ConnectionGuard::Worker;

// Fewer free threads than this start an eviction.
constexpr std::size_t kFewFree = 2;
// An eviction frees up to this fraction of the threads, so that a flood of connections does not
// cost one look through the descriptors each.
constexpr std::size_t kFreedFraction = 8;
// A client's request normally comes with the connection, a round trip later at most.
constexpr std::chrono::milliseconds kGrace{50};
// As long may a client take for an answer while threads are short.
constexpr std::chrono::seconds kSendingGrace{5};
// The pause between two looks while threads are short.
constexpr std::chrono::milliseconds kPause{10};

// What may be done to a connection.
enum class Verdict { keep, spare_for_now, evict };

// `worker`: the one that has answered requests on this socket, if any has.
Verdict judge(const AcceptedSocket& socket, const Worker* worker, std::chrono::milliseconds grace) {
  if (socket.ended || (worker != nullptr && worker->activity == Activity::handling)) {
    return Verdict::keep;
  }
  if (worker != nullptr && worker->activity == Activity::sending) {
    return Clock::now() - worker->since >= kSendingGrace ? Verdict::evict : Verdict::keep;
  }
  if (socket.unread) {
    return Verdict::keep;
  }
  // A unix socket tells no idle time: it may be shut down at any.
  return socket.idle >= grace || socket.peer.empty() ? Verdict::evict : Verdict::spare_for_now;
}

struct Victim {
  AcceptedSocket socket;
  bool served = false;  // has answered a request
  bool sending = false;
};

bool goes_before(const Victim& left, const Victim& right) {
  return std::pair(left.served, right.socket.idle) < std::pair(right.served, left.socket.idle);
}

}  // namespace

ConnectionGuard::ConnectionGuard()
    : watcher_([this] {
        ::pthread_setname_np(::pthread_self(), "http-guard");
        watch();
      }) {}

ConnectionGuard::~ConnectionGuard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

void ConnectionGuard::set_listening(ListeningOn listening) {
  const std::lock_guard lock(mutex_);
  listening_ = std::move(listening);
}

Worker& ConnectionGuard::add_worker() {
  const std::lock_guard lock(mutex_);
  ++free_;
  Worker& worker = workers_.emplace_back();
  constexpr std::size_t kLongestAddress = 48;
  worker.peer.reserve(kLongestAddress);
  return worker;
}

void ConnectionGuard::now(Worker& worker, Activity activity) {
  const std::lock_guard lock(mutex_);
  set_activity(worker, activity);
}

void ConnectionGuard::handling(Worker& worker, std::string_view peer, int peer_port) {
  const std::lock_guard lock(mutex_);
  worker.peer = peer;
  worker.peer_port = peer_port;
  set_activity(worker, Activity::handling);
}

void ConnectionGuard::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  evict(workers_.size(), std::chrono::milliseconds(0));
  changed_.wait_for(lock, patience, [this] { return !is_busy(); });
}

void ConnectionGuard::set_activity(Worker& worker, Activity activity) {
  free_ += activity == Activity::closed ? 1U : 0U;
  free_ -= worker.activity == Activity::closed ? 1U : 0U;
  if (activity == Activity::closed) {
    worker.peer.clear();
    worker.peer_port = 0;
  }
  worker.activity = activity;
  worker.since = Clock::now();
  if (draining_ || is_short()) {
    changed_.notify_all();
  }
}

bool ConnectionGuard::is_short() const {
  return free_ < kFewFree && !workers_.empty();
}

bool ConnectionGuard::is_busy() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
    return worker.activity == Activity::handling || worker.activity == Activity::sending;
  });
}

std::size_t ConnectionGuard::count_wanted() const {
  const std::size_t goal = std::max(kFewFree, workers_.size() / kFreedFraction);
  return goal > free_ ? goal - free_ : 0;
}

// None for a connection that has not sent a whole request yet, and for unix sockets.
const Worker* ConnectionGuard::find_worker(const AcceptedSocket& socket) const {
  const auto found = std::find_if(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    return worker.peer_port == socket.peer_port && worker.peer == socket.peer;
  });
  return found == workers_.end() || socket.peer.empty() ? nullptr : &*found;
}

void ConnectionGuard::evict(std::size_t count, std::chrono::milliseconds grace) {
  std::vector<Victim> victims;
  bool others_can_go_soon = false;
  for (AcceptedSocket& socket : list_accepted_sockets(listening_)) {
    const Worker* worker = find_worker(socket);
    const Verdict verdict = judge(socket, worker, grace);
    others_can_go_soon |= verdict == Verdict::spare_for_now && worker == nullptr;
    if (verdict == Verdict::evict) {
      const bool sending = worker != nullptr && worker->activity == Activity::sending;
      victims.push_back({std::move(socket), worker != nullptr, sending});
    }
  }
  if (others_can_go_soon) {
    std::erase_if(victims, [](const Victim& victim) { return victim.served; });
  }
  std::sort(victims.begin(), victims.end(), goes_before);
  for (std::size_t i = 0; i < std::min(count, victims.size()); ++i) {
    // After SHUT_RD what has arrived is still read and an answer still sent: a request that was on
    // its way meanwhile is not lost. It takes more to wake a worker that can't send.
    ::shutdown(victims[i].socket.fd, victims[i].sending ? SHUT_RDWR : SHUT_RD);
  }
}

void ConnectionGuard::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || is_short(); });
    evict(count_wanted(), kGrace);
    changed_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

}  // namespace perf_exporter
