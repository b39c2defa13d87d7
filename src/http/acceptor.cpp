#include "http/acceptor.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "host/thread.h"

namespace perf_exporter {
namespace {

// Where accept(2) fails for want of a descriptor or of memory the connection stays in the kernel's
// queue, and poll(2) would return at once.
constexpr int kRestMs = 20;
constexpr int kForEver = -1;
// Where a listener is missing, one may come.
constexpr int kLookMs = 1000;

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(const Listeners& listeners, Door& door,
                                                  WorkerPool& pool, const HostPaths& paths) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(listeners, door, pool));
  auto thread = start_thread(
      "http-accept", [self = acceptor.get()] { self->run(); }, paths);
  if (!thread) {
    return tl::unexpected<Fault>(thread.error());
  }
  acceptor->thread_ = std::move(*thread);
  return acceptor;
}

Acceptor::Acceptor(const Listeners& listeners, Door& door, WorkerPool& pool)
    : listeners_(listeners), door_(door), pool_(pool), is_complete_(listeners.missing().empty()) {
  for (const Listener& listener : listeners.all()) {
    add(listener);
  }
}

Acceptor::~Acceptor() {
  stopping_ = true;
  for (const Listener& listener : listeners_.all()) {
    ::shutdown(listener.fd.get(), SHUT_RDWR);  // poll(2) returns, now and from now on
  }
  pool_.connections().close_door();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Acceptor::add(const Listener& listener) {
  door_.add(listener);
  const std::lock_guard lock(mutex_);
  added_.push_back(&listener);
}

void Acceptor::take_added(Watched& watched) {
  const std::lock_guard lock(mutex_);
  for (const Listener* listener : std::exchange(added_, {})) {
    watched.listeners.push_back(listener);
    watched.fds.push_back({listener->fd.get(), POLLIN, 0});
  }
}

void Acceptor::run() {
  const int quiet_rest = is_complete_ ? kForEver : kLookMs;
  Watched watched;
  bool rests = false;
  pool_.connections().open_door();
  while (!stopping_) {
    take_added(watched);
    const auto pause = pool_.make_room();
    if (pool_.connections().wait_while_watched(pause)) {
      continue;
    }
    const bool accepts = !std::exchange(rests, false) && !pool_.connections().is_full();
    const int rest = accepts ? quiet_rest : kRestMs;
    const int until_called = pause ? static_cast<int>(pause->count()) : rest;
    ::poll(watched.fds.data(), accepts ? watched.fds.size() : 0,
           rest < 0 ? until_called : std::min(rest, until_called));
    for (std::size_t i = 0; accepts && i < watched.listeners.size(); ++i) {
      if (watched.fds[i].revents != 0) {
        const Door::Outcome outcome = accept_from(*watched.listeners[i]);
        rests |= outcome == Door::Outcome::no_descriptor || outcome == Door::Outcome::no_memory;
      }
    }
  }
}

Door::Outcome Acceptor::accept_from(const Listener& listener) {
  const Door::Outcome outcome = pool_.connections().accept_from(listener);
  if (outcome == Door::Outcome::accepted) {
    pool_.connections().open_door();
  }
  return outcome;
}

}  // namespace perf_exporter
