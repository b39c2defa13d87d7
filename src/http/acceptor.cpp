#include "http/acceptor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/thread.h"

namespace perf_exporter {
namespace {

// Where accept(2) fails for want of a descriptor or of memory the connection stays in the kernel's
// queue, and poll(2) would return at once.
constexpr int kRestMs = 20;
constexpr int kForEver = -1;

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::start(const std::vector<Listener>& listeners,
                                                  WorkerPool& pool, const HostPaths& paths) {
  UniqueFd wake_up(::eventfd(0, EFD_CLOEXEC));
  if (!wake_up.valid()) {
    return fault(std::string("cannot accept connections: eventfd: ") + std::strerror(errno), errno);
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(listeners, pool, std::move(wake_up)));
  auto thread = start_thread(
      "http-accept", [self = acceptor.get()] { self->run(); }, paths);
  if (!thread) {
    return tl::unexpected<Fault>(thread.error());
  }
  acceptor->thread_ = std::move(*thread);
  return acceptor;
}

Acceptor::Acceptor(const std::vector<Listener>& listeners, WorkerPool& pool, UniqueFd wake_up)
    : listeners_(listeners), pool_(pool), wake_up_(std::move(wake_up)) {}

Acceptor::~Acceptor() {
  const std::uint64_t one = 1;
  (void)!::write(wake_up_.get(), &one, sizeof one);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Acceptor::run() {
  std::vector<pollfd> watched = {{wake_up_.get(), POLLIN, 0}};
  for (const Listener& listener : listeners_) {
    watched.push_back({listener.fd.get(), POLLIN, 0});
  }
  bool rests = false;
  while (watched[0].revents == 0) {
    const auto pause = pool_.make_room();
    const bool accepts = !std::exchange(rests, false) && !pool_.connections().is_full();
    const int rest = accepts ? kForEver : kRestMs;
    ::poll(watched.data(), accepts ? watched.size() : 1,
           pause ? static_cast<int>(pause->count()) : rest);
    for (std::size_t i = 0; accepts && i < listeners_.size(); ++i) {
      if (watched[i + 1].revents != 0) {
        rests |= accept_from(listeners_[i]) == Outcome::no_room;
      }
    }
  }
}

Acceptor::Outcome Acceptor::accept_from(const Listener& listener) {
  UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    const bool has_no_room =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return has_no_room ? Outcome::no_room : Outcome::nothing;
  }
  pool_.connections().offer({std::move(fd), &listener, std::chrono::steady_clock::now()});
  return Outcome::accepted;
}

}  // namespace perf_exporter
