#include "perf/known_loop.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

namespace perf_exporter {
namespace {

// A child that stops, runs the loop, and stops again.
[[noreturn]] void be_stepped(RawCount instructions) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
    ::_exit(1);
  }
  ::kill(::getpid(), SIGSTOP);
  run_known_loop(instructions);
  ::kill(::getpid(), SIGSTOP);
  ::_exit(0);
}

bool wait_for_stop(pid_t child, int signal) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}

// How many instructions a child executes from one stop to the other, counted one by one; nothing
// where it may not be traced.
std::optional<RawCount> steps_over_loop(RawCount instructions) {
  const pid_t child = ::fork();
  if (child == 0) {
    be_stepped(instructions);
  }
  std::optional<RawCount> steps;
  if (child > 0 && wait_for_stop(child, SIGSTOP)) {
    RawCount taken = 0;
    do {
      ++taken;
      if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
        break;
      }
    } while (wait_for_stop(child, SIGTRAP));
    steps = taken;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return steps;
}

TEST(KnownLoop, ExecutesAsManyInstructionsAsItIsAskedFor) {
  if (!has_known_loop()) {
    GTEST_SKIP() << "there is no loop for this architecture";
  }
  const auto few = steps_over_loop(400);
  const auto many = steps_over_loop(20'400);
  if (!few || !many) {
    GTEST_SKIP() << "a child may not be traced here";
  }
  EXPECT_EQ(*many - *few, 20'000U);
  EXPECT_GE(*few, 400U);
  EXPECT_LT(*few, 1'400U) << "the calls around the loop are what the tolerance is for";
}

}  // namespace
}  // namespace perf_exporter
