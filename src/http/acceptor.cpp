#include "http/acceptor.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
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

int find_last_descriptor() {
  rlimit limit{};
  const bool is_bounded =
      ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < std::numeric_limits<int>::max();
  return is_bounded ? static_cast<int>(limit.rlim_cur) - 1 : std::numeric_limits<int>::max();
}

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(const Listeners& listeners, WorkerPool& pool,
                                                  const HostPaths& paths) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(listeners, pool));
  auto thread = start_thread(
      "http-accept", [self = acceptor.get()] { self->run(); }, paths);
  if (!thread) {
    return tl::unexpected<Fault>(thread.error());
  }
  acceptor->thread_ = std::move(*thread);
  return acceptor;
}

Acceptor::Acceptor(const Listeners& listeners, WorkerPool& pool)
    : listeners_(listeners),
      pool_(pool),
      is_complete_(listeners.missing().empty()),
      last_descriptor_(find_last_descriptor()) {
  for (const Listener& listener : listeners.all()) {
    added_.push_back(&listener);
  }
}

Acceptor::~Acceptor() {
  stopping_ = true;
  for (const Listener& listener : listeners_.all()) {
    ::shutdown(listener.fd.get(), SHUT_RDWR);  // poll(2) returns, now and from now on
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Acceptor::add(const Listener& listener) {
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
  while (!stopping_) {
    take_added(watched);
    const auto pause = pool_.make_room();
    const bool accepts = !std::exchange(rests, false) && !pool_.connections().is_full();
    const int rest = accepts ? quiet_rest : kRestMs;
    const int until_called = pause ? static_cast<int>(pause->count()) : rest;
    ::poll(watched.fds.data(), accepts ? watched.fds.size() : 0,
           rest < 0 ? until_called : std::min(rest, until_called));
    for (std::size_t i = 0; accepts && i < watched.listeners.size(); ++i) {
      if (watched.fds[i].revents != 0) {
        rests |= accept_from(*watched.listeners[i]) == Outcome::no_room;
      }
    }
  }
}

Acceptor::Outcome Acceptor::accept_from(const Listener& listener) {
  UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    const bool has_no_descriptor = errno == EMFILE || errno == ENFILE;
    if (!has_no_descriptor && errno != ENOBUFS && errno != ENOMEM) {
      return Outcome::nothing;
    }
    if (has_no_descriptor) {
      pool_.connections().free_descriptor();
    }
    return Outcome::no_room;
  }
  const bool is_last = fd.get() >= last_descriptor_;  // each gets the lowest that is free
  pool_.connections().offer({std::move(fd), &listener, std::chrono::steady_clock::now()});
  if (is_last) {
    pool_.connections().free_descriptor();
  }
  return Outcome::accepted;
}

}  // namespace perf_exporter
