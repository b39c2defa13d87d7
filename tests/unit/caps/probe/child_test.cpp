#include "unit/caps/probe/child.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace perf_exporter {
namespace {

std::string read_all(int fd) {
  std::string text;
  char block[512];
  for (ssize_t got = ::read(fd, block, sizeof block); got != 0;
       got = ::read(fd, block, sizeof block)) {
    if (got < 0 && errno != EINTR) {
      break;
    }
    text.append(block, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  return text;
}

std::string failure(const char* call) {
  return std::string(call) + ": " + std::strerror(errno);
}

// By the system call and not by the code under test.
bool set_capabilities(std::uint64_t permitted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].permitted = static_cast<std::uint32_t>(permitted);
  data[1].permitted = static_cast<std::uint32_t>(permitted >> 32);
  return ::syscall(SYS_capset, &header, data) == 0;
}

}  // namespace

std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return failure("pipe");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    const std::string result = work();
    const ssize_t written = ::write(ends[1], result.data(), result.size());
    ::_exit(written == static_cast<ssize_t>(result.size()) ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  ::close(ends[1]);
  const std::string result = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? result : "child ended early";
}

std::string become_nobody(std::uint64_t permitted) {
  constexpr uid_t kNobody = 65534;
  if (::prctl(PR_SET_KEEPCAPS, 1) != 0) {
    return failure("prctl");
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0) {
    return failure("setresuid");
  }
  return set_capabilities(permitted) ? "" : failure("capset");
}

TEST(Child, ReturnsWhatTheWorkReturns) {
  EXPECT_EQ(in_child([] { return std::string("result"); }), "result");
}

TEST(Child, SaysThatItDied) {
  EXPECT_EQ(in_child([]() -> std::string { ::_exit(1); }), "child ended early");
}

}  // namespace perf_exporter
