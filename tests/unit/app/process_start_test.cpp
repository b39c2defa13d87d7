#include "app/process_start.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "unit/app/in_child.h"

namespace perf_exporter {
namespace {

// 0 where all of `conditions` hold, else the place of the first that does not, from 1 on.
template <std::size_t Size>
int first_wrong(const std::array<bool, Size>& conditions) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (!conditions[i]) {
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

bool is_ignored(int signal) {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

bool is_blocked(int signal) {
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  return ::sigismember(&blocked, signal) == 1;
}

std::string target_of(int fd) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
}

mode_t mask_now() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

TEST(ProcessStart, AChildCanBeWaitedForWhereSigchldWasIgnored) {
  const int status = status_of_child([] {
    ::signal(SIGCHLD, SIG_IGN);
    enter_known_state();
    return WEXITSTATUS(status_of_child([] { return 7; }));
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(ProcessStart, ActionsAreKnown) {
  const int status = status_of_child([] {
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
      ::signal(signal, SIG_IGN);
    }
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    enter_known_state();
    return first_wrong(std::array{!is_ignored(SIGTERM), is_ignored(SIGHUP), is_ignored(SIGINT),
                                  is_ignored(SIGPIPE), is_ignored(SIGXFSZ)});
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, NoSignalIsBlocked) {
  const int status = status_of_child([] {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    enter_known_state();
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    return ::sigisemptyset(&blocked) == 1 ? 0 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, ClosedDescriptorsBecomeDevNullAndOpenOnesStay) {
  for (const std::vector<int>& closed : std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 1, 2}}) {
    const int status = status_of_child([&closed] {
      for (int fd = 0; fd <= 2; ++fd) {
        ::dup2(::open("/dev/zero", O_RDWR | O_CLOEXEC), fd);
      }
      for (const int fd : closed) {
        ::close(fd);
      }
      enter_known_state();
      for (int fd = 0; fd <= 2; ++fd) {
        const bool was_closed = std::find(closed.begin(), closed.end(), fd) != closed.end();
        const bool closes_by_itself = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
        if (target_of(fd) != (was_closed ? "/dev/null" : "/dev/zero") ||
            closes_by_itself != was_closed) {
          return fd + 1;
        }
      }
      return 0;
    });
    EXPECT_EQ(WEXITSTATUS(status), 0) << closed.size() << " closed, the first " << closed.front();
  }
}

TEST(ProcessStart, WithoutDevNullTheirPlacesAreTaken) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may change its root directory";
  }
  const auto empty = std::filesystem::path(::testing::TempDir()) / "process_start_root";
  std::filesystem::create_directories(empty);
  const int status = status_of_child([&empty] {
    if (::chroot(empty.c_str()) != 0) {
      return 1;
    }
    ::close_range(0, ~0U, 0);  // what this process was given goes, too
    enter_known_state();
    const bool is_refused = ::write(STDERR_FILENO, "x", 1) == -1 && errno == EBADF;
    return is_refused && ::open("/", O_RDONLY | O_CLOEXEC) == 3 ? 0 : 2;
  });
  std::filesystem::remove(empty);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, TheOwnerIsNeverMasked) {
  const int status = status_of_child([] {
    ::umask(0777);
    enter_known_state();
    const mode_t of_all = mask_now();
    ::umask(0027);
    enter_known_state();
    return first_wrong(std::array{of_all == 0077, mask_now() == 0027});
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, AWriteBeyondTheLimitOfFilesFails) {
  const int status = status_of_child([] {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none);
    enter_known_state();
    const auto name = std::filesystem::path(::testing::TempDir()) / "process_start_limit";
    const int file = ::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    std::filesystem::remove(name);
    return ::write(file, "x", 1) == -1 && errno == EFBIG ? 0 : 1;
  });
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, AChildGetsBackWhatWasInherited) {
  const int status = status_of_child([] {
    sigset_t usual;
    ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGUSR1);
    ::sigprocmask(SIG_SETMASK, &usual, nullptr);
    ::signal(SIGCHLD, SIG_IGN);
    ::signal(SIGPIPE, SIG_DFL);
    ::umask(0777);
    const Inherited inherited = enter_known_state();
    ignore_stray_signals();
    restore_inherited(inherited);
    return first_wrong(std::array{is_ignored(SIGCHLD), !is_ignored(SIGPIPE), is_blocked(SIGUSR1),
                                  !is_ignored(SIGUSR1), !is_blocked(SIGTERM), mask_now() == 0777});
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessStart, StraySignalsEndNothing) {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT,
                           SIGRTMIN, SIGRTMAX}) {
    const auto raise_it = [signal] {
      ::raise(signal);
      return 0;
    };
    EXPECT_TRUE(WIFSIGNALED(status_of_child(raise_it))) << signal << " ends nothing by itself";
    EXPECT_TRUE(WIFEXITED(status_of_child([&] {
      ignore_stray_signals();
      return raise_it();
    }))) << signal;
  }
}

}  // namespace
}  // namespace perf_exporter
