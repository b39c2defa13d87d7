#include "app/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "unit/app/in_child.h"

namespace perf_exporter {
namespace {

using Woken = StopSignals::Woken;

// What a wait answers in a child that has prepared itself and then been sent a signal.
std::optional<Woken> woken_by(int signal, HangUp hangup, const std::function<void()>& prepare) {
  constexpr int kNothing = 99;
  const int status = status_of_child([&] {
    prepare();
    auto signals = StopSignals::create(hangup);
    if (!signals) {
      return kNothing;
    }
    ::raise(signal);
    return static_cast<int>(signals->wait(std::chrono::milliseconds(0)));
  });
  if (!WIFEXITED(status) || WEXITSTATUS(status) == kNothing) {
    return std::nullopt;
  }
  return static_cast<Woken>(WEXITSTATUS(status));
}

void leave_terminal() {
  ::setsid();
}

TEST(StopSignals, TermAndIntEndAWait) {
  EXPECT_EQ(woken_by(SIGTERM, HangUp::told, leave_terminal), Woken::by_signal);
  EXPECT_EQ(woken_by(SIGINT, HangUp::left_alone, leave_terminal), Woken::by_signal);
}

TEST(StopSignals, AHangUpIsToldWhereItIsAskedFor) {
  EXPECT_EQ(woken_by(SIGHUP, HangUp::told, leave_terminal), Woken::by_hangup);
  EXPECT_EQ(woken_by(SIGHUP, HangUp::left_alone, leave_terminal), std::nullopt) << "it lives on";
}

TEST(StopSignals, WhatIsIgnoredStaysSo) {
  for (const int signal : {SIGHUP, SIGINT}) {
    EXPECT_EQ(woken_by(signal, HangUp::told, [signal] { ::signal(signal, SIG_IGN); }),
              Woken::by_timeout);
  }
}

TEST(StopSignals, ReleasedSignalsHaveTheirOwnActions) {
  const int status = status_of_child([] {
    auto signals = StopSignals::create(HangUp::told);
    ::raise(SIGTERM);
    signals->release();
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

}  // namespace
}  // namespace perf_exporter
