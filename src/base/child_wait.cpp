#include "base/child_wait.h"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

namespace perf_exporter {
namespace {

// Waits for the child's end, with growing pauses: most take less than a millisecond. 0 where it has
// not come within the time, as of waitpid(2).
pid_t wait_for_end(pid_t child, int& status, std::chrono::milliseconds patience) {
  constexpr std::chrono::microseconds kLongestPause{20'000};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::chrono::microseconds pause{100};
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    const bool goes_on = ended == 0 || (ended < 0 && errno == EINTR);
    if (!goes_on || std::chrono::steady_clock::now() >= deadline) {
      return ended;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace

pid_t wait_or_kill(pid_t child, int& status) {
  constexpr std::chrono::milliseconds kPatience{5000};
  constexpr std::chrono::milliseconds kPatienceWithTheKilled{100};
  const pid_t ended = wait_for_end(child, status, kPatience);
  if (ended == 0) {
    ::kill(child, SIGKILL);  // to no avail where it sleeps uninterruptibly
    wait_for_end(child, status, kPatienceWithTheKilled);
  }
  return ended;
}

}  // namespace perf_exporter
