#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

}  // namespace

Result<StopSignals> StopSignals::create() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  StopSignals signals;
  signals.signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
  signals.wake_up_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!signals.signals_.valid() || !signals.wake_up_.valid()) {
    return fault(std::string("cannot wait for signals: ") + std::strerror(errno), errno);
  }
  return signals;
}

StopSignals::Woken StopSignals::wait(std::optional<std::chrono::milliseconds> timeout) {
  const std::uint64_t begun = monotonic_ns();
  std::array<pollfd, 2> watched = {pollfd{signals_.get(), POLLIN, 0},
                                   pollfd{wake_up_.get(), POLLIN, 0}};
  while (true) {
    int left = -1;
    if (timeout) {
      const auto gone = static_cast<std::int64_t>((monotonic_ns() - begun) / kMillisecond);
      left = static_cast<int>(std::max<std::int64_t>(0, timeout->count() - gone));
    }
    const int ready = ::poll(watched.data(), watched.size(), left);
    if (ready == 0) {
      return Woken::by_timeout;
    }
    if (ready > 0) {
      break;
    }
  }
  if (watched[0].revents != 0) {
    signalfd_siginfo ignored{};
    (void)!::read(signals_.get(), &ignored, sizeof ignored);
    return Woken::by_signal;
  }
  std::uint64_t ignored = 0;
  (void)!::read(wake_up_.get(), &ignored, sizeof ignored);
  return Woken::by_thread;
}

void StopSignals::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_up_.get(), &one, sizeof one);
}

}  // namespace perf_exporter
