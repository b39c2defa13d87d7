#include "host/host_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Has the kernel answer EIO to every getdents64 of the calling process, for good.
bool refuse_to_list() {
  std::array<sock_filter, 4> rules = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getdents64, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program = {rules.size(), rules.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

class HostPathsTest : public ::testing::Test {
 protected:
  HostPathsTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("host_paths." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~HostPathsTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }

  const std::filesystem::path folder_;
};

TEST_F(HostPathsTest, TextComesWithoutTrailingNewlines) {
  EXPECT_EQ(read_text(file("one", "0-3\n")), "0-3");
  EXPECT_EQ(read_text(file("lines", "\na\nb\n\n")), "\na\nb");
  EXPECT_EQ(read_text(file("empty", "")), "");
  EXPECT_EQ(read_text(file("newline", "\n")), "");
}

TEST_F(HostPathsTest, TextOfManyBlocksIsWhole) {
  const std::string content(100'000, 'x');
  EXPECT_EQ(read_text(file("long", content)), content);
}

TEST_F(HostPathsTest, TextOfMegabytesIsWhole) {
  const std::string content = std::string(3 << 20, 'x') + "\nlast";
  EXPECT_EQ(read_text(file("huge", content)), content);
}

TEST_F(HostPathsTest, WhatNeverEndsIsAFaultThatNamesFileAndBound) {
  const auto text = read_text("/dev/zero");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, EFBIG);
  EXPECT_EQ(text.error().what, "cannot read /dev/zero: it holds more than 32 MiB");
}

TEST_F(HostPathsTest, AFaultCarriesErrnoAndThePath) {
  const auto absent = read_text(folder_ / "absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENOENT);
  EXPECT_THAT(absent.error().what, HasSubstr((folder_ / "absent").string()));
  EXPECT_EQ(read_text(folder_).error().code, EISDIR);
}

TEST_F(HostPathsTest, Integers) {
  EXPECT_EQ(read_integer(file("two", "2\n")), 2);
  EXPECT_EQ(read_integer(file("minus", "-1\n")), -1);
  for (const char* text : {"", "x", "1 2", "1x", "9223372036854775808"}) {
    const auto number = read_integer(file("bad", text));
    ASSERT_FALSE(number) << text;
    EXPECT_THAT(number.error().what, HasSubstr((folder_ / "bad").string()));
  }
  EXPECT_EQ(read_integer(folder_ / "absent").error().code, ENOENT);
}

TEST_F(HostPathsTest, DirectoriesAreSortedWithoutDots) {
  file("b", "");
  file("a", "");
  std::filesystem::create_directory(folder_ / "c");
  EXPECT_THAT(*list_directory(folder_), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*list_directory(folder_ / "c"), ElementsAre());
  EXPECT_EQ(list_directory(folder_ / "absent").error().code, ENOENT);
  EXPECT_EQ(list_directory(folder_ / "a").error().code, ENOTDIR);
}

TEST_F(HostPathsTest, ADirectoryThatCantBeReadToItsEndIsAFault) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool is_fault = refuse_to_list() && !list_directory(folder_);
    ::_exit(is_fault ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(HostPathsTest, CpuListsAreReadAsTheKernelWritesThem) {
  EXPECT_EQ(format_cpu_list(read_cpu_list(file("some", "0-1,3\n")).value()), "0-1,3");
  EXPECT_EQ(read_cpu_list(file("none", "\n")), CpuList{});
  EXPECT_EQ(read_cpu_list(folder_ / "absent").error().code, ENOENT);
  const auto odd = read_cpu_list(file("odd", "0-x\n"));
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().what, HasSubstr((folder_ / "odd").string()));
}

TEST(HostPaths, TheDefaultsAreTheKernelsOwn) {
  EXPECT_EQ(HostPaths{}.procfs, "/proc");
  EXPECT_EQ(HostPaths{}.sysfs, "/sys");
  EXPECT_EQ(HostPaths{}.cgroupfs, "/sys/fs/cgroup");
}

}  // namespace
}  // namespace perf_exporter
