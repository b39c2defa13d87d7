#include "app/commands/held_child.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host/task_limit.h"

namespace perf_exporter {
namespace {

void restore_signals() {
  sigset_t none;
  sigemptyset(&none);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    ::signal(number, SIG_DFL);
  }
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Nothing comes where the parent has ended.
bool wait_for_release(int gate) {
  char released = 0;
  ssize_t got = 0;
  do {
    got = ::read(gate, &released, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1;
}

}  // namespace

Result<HeldChild> HeldChild::start(const std::function<int()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fault(std::string("pipe: ") + std::strerror(errno), errno);
  }
  const UniqueFd inner(ends[0]);
  UniqueFd outer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    const std::string why = error == EAGAIN ? describe_task_limit({}) : std::strerror(error);
    return fault("fork: " + why, error);
  }
  if (child == 0) {
    ::close(outer.release());
    restore_signals();
    ::_exit(wait_for_release(inner.get()) ? work() : EXIT_FAILURE);
  }
  return HeldChild(child, std::move(outer));
}

HeldChild::HeldChild(HeldChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), gate_(std::move(other.gate_)), status_(other.status_) {}

HeldChild::~HeldChild() {
  if (pid_ > 0 && !poll()) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

void HeldChild::release() {
  const char released = 1;
  (void)!::write(gate_.get(), &released, 1);
  gate_ = UniqueFd();
}

std::optional<int> HeldChild::poll() {
  return reap(WNOHANG);
}

int HeldChild::wait() {
  return reap(0).value_or(0);
}

std::optional<int> HeldChild::reap(int options) {
  int status = 0;
  while (!status_) {
    const pid_t ended = ::waitpid(pid_, &status, options);
    if (ended == pid_) {
      status_ = status;
    } else if (ended == 0) {
      return std::nullopt;
    } else if (errno != EINTR) {
      status_ = 0;
    }
  }
  return status_;
}

}  // namespace perf_exporter
