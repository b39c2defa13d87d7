#include "app/commands/held_child.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace perf_exporter {
namespace {

TEST(HeldChild, WorksOnlyOnceItIsReleased) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto child = HeldChild::start([&ends] { return ::write(ends[1], "x", 1) == 1 ? 7 : 1; });
  ASSERT_TRUE(child) << child.error().what;
  EXPECT_EQ(::kill(child->pid(), 0), 0);
  EXPECT_FALSE(child->poll());
  child->release();
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  EXPECT_EQ(WEXITSTATUS(child->wait()), 7);
  EXPECT_EQ(WEXITSTATUS(child->poll().value_or(0)), 7);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(HeldChild, IsKilledWhereItWasNeverReleased) {
  pid_t pid = 0;
  {
    auto child = HeldChild::start([] { return 0; });
    ASSERT_TRUE(child) << child.error().what;
    pid = child->pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(HeldChild, TakesSignalsThatItsParentBlocks) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  auto child = HeldChild::start([]() -> int {
    while (true) {
      ::pause();
    }
  });
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(child) << child.error().what;
  child->release();
  ::kill(child->pid(), SIGTERM);
  const int status = child->wait();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

}  // namespace
}  // namespace perf_exporter
