#include "http/door.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>

namespace perf_exporter {
namespace {

// With fewer descriptors than this one more for a connection is worth more.
constexpr int kPlenty = 64;

int find_last_descriptor() {
  rlimit limit{};
  const bool is_bounded =
      ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < std::numeric_limits<int>::max();
  return is_bounded ? static_cast<int>(limit.rlim_cur) - 1 : std::numeric_limits<int>::max();
}

epoll_event edge_of(const Listener& listener) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = const_cast<Listener*>(&listener);  // epoll_data has no pointer to const
  return event;
}

Door::Outcome outcome_of(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return Door::Outcome::no_descriptor;
    case ENOBUFS:
    case ENOMEM:
      return Door::Outcome::no_memory;
    case EINVAL:
    case EBADF:
      return Door::Outcome::closed;
    default:
      return Door::Outcome::nothing;
  }
}

}  // namespace

Door::Door(CallUse epoll) : last_descriptor_(find_last_descriptor()) {
  if (epoll == CallUse::make && last_descriptor_ >= kPlenty) {
    epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    bell_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event rung{};  // not by its edge: it wakes everybody
    rung.events = EPOLLIN;
    can_wait_ = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &rung) == 0;
  }
}

void Door::add(const Listener& listener) {
  if (!can_wait()) {
    return;
  }
  epoll_event event = edge_of(listener);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd.get(), &event) != 0) {
    close();
  }
}

void Door::close() {
  const std::uint64_t one = 1;
  if (can_wait_.exchange(false)) {
    (void)!::write(bell_.get(), &one, sizeof one);
  }
}

Door::Arrival Door::wait(int timeout) {
  epoll_event event{};
  // The same call on all architectures, for filters.
  const int got = ::epoll_pwait(epoll_.get(), &event, 1, timeout, nullptr);
  if (got < 0 && errno != EINTR) {
    close();
  }
  if (!can_wait()) {
    return {Outcome::closed, {}, nullptr, false};
  }
  if (got <= 0) {
    return {};
  }
  const auto& listener = *static_cast<const Listener*>(event.data.ptr);
  Arrival arrival = accept_from(listener);
  // The edge has woken this thread alone: if there is more, it wakes another.
  event = edge_of(listener);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener.fd.get(), &event);
  return arrival;
}

Door::Arrival Door::accept_from(const Listener& listener) const {
  Arrival arrival;
  arrival.fd =
      UniqueFd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!arrival.fd.valid()) {
    arrival.outcome = outcome_of(errno);
    return arrival;
  }
  arrival.outcome = Outcome::accepted;
  arrival.listener = &listener;
  arrival.is_last = arrival.fd.get() >= last_descriptor_;  // each gets the lowest that is free
  return arrival;
}

}  // namespace perf_exporter
