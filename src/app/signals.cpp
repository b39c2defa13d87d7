#include "app/signals.h"

#include <fcntl.h>
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

// tty(4): ENXIO without one, or once it has hung up.
bool has_controlling_terminal() {
  return UniqueFd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)).valid();
}

}  // namespace

bool is_ignored(int signal) {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

Result<StopSignals> StopSignals::create(HangUp hangup) {
  StopSignals signals;
  ::sigemptyset(&signals.set_);
  ::sigaddset(&signals.set_, SIGTERM);
  // One that is blocked would be kept and told although it is ignored.
  if (!is_ignored(SIGINT)) {
    ::sigaddset(&signals.set_, SIGINT);
  }
  if (hangup == HangUp::told && !is_ignored(SIGHUP)) {
    signals.had_terminal_ = has_controlling_terminal();
    ::sigaddset(&signals.set_, SIGHUP);
  }
  ::pthread_sigmask(SIG_BLOCK, &signals.set_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals.signals_ = UniqueFd(::signalfd(-1, &signals.set_, SFD_CLOEXEC));
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
    signalfd_siginfo signal{};
    (void)!::read(signals_.get(), &signal, sizeof signal);
    const bool is_end =
        signal.ssi_signo != SIGHUP || (had_terminal_ && !has_controlling_terminal());
    return is_end ? Woken::by_signal : Woken::by_hangup;
  }
  std::uint64_t ignored = 0;
  (void)!::read(wake_up_.get(), &ignored, sizeof ignored);
  return Woken::by_thread;
}

void StopSignals::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_up_.get(), &one, sizeof one);
}

void StopSignals::release() {
  ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

}  // namespace perf_exporter
