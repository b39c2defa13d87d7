#include "host/task_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace perf_exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A machine with 200 threads and room for many.
class TaskLimitTest : public ::testing::Test {
 protected:
  TaskLimitTest() {
    write("proc/loadavg", "0.10 0.20 0.30 2/200 6789");
    write("proc/sys/kernel/threads-max", "100000");
    write("proc/sys/kernel/pid_max", "32768");
  }
  ~TaskLimitTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text << '\n';
  }

  void limit(const std::string& cgroup, const std::string& most, const std::string& now) const {
    write("cgroup/" + cgroup + "/pids.max", most);
    write("cgroup/" + cgroup + "/pids.current", now);
  }

  [[nodiscard]] std::string describe() const {
    return describe_task_limit({folder_ / "proc", folder_ / "sys", folder_ / "cgroup"});
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("task_limit." + std::to_string(::getpid()));
};

TEST_F(TaskLimitTest, TheOwnCgroupIsNamedWithItsLimit) {
  write("proc/self/cgroup", "0::/system.slice/some.service");
  limit("system.slice/some.service", "50", "50");
  EXPECT_THAT(describe(), StartsWith("pids.max of the cgroup /system.slice/some.service is 50, and "
                                     "50 tasks run in it; raise it (TasksMax= of a unit"));
}

TEST_F(TaskLimitTest, OneAboveItCounts) {
  write("proc/self/cgroup", "0::/kubepods/pod1/abc");
  limit("kubepods/pod1/abc", "max", "5");
  limit("kubepods/pod1", "20", "20");
  EXPECT_THAT(describe(), StartsWith("pids.max of the cgroup /kubepods/pod1 is 20,"));
}

TEST_F(TaskLimitTest, OneWithRoomIsNotBlamed) {
  write("proc/self/cgroup", "0::/kubepods/pod1/abc");
  limit("kubepods/pod1/abc", "50", "5");
  EXPECT_THAT(describe(), StartsWith("no limit that can be seen from here is reached"));
}

TEST_F(TaskLimitTest, AV1HierarchyIsLookedAt) {
  write("proc/self/cgroup", "9:memory:/elsewhere\n8:pids:/docker/abc\n0::/");
  limit("pids/docker/abc", "30", "31");
  EXPECT_THAT(describe(), StartsWith("pids.max of the cgroup /docker/abc is 30, and 31 tasks"));
}

TEST_F(TaskLimitTest, AUnifiedHierarchyBesideV1IsLookedAt) {
  write("proc/self/cgroup", "9:memory:/elsewhere\n0::/a");
  limit("unified/a", "30", "30");
  EXPECT_THAT(describe(), StartsWith("pids.max of the cgroup /a is 30,"));
}

// Without a cgroup namespace the path is the host's, while the container's own cgroup is mounted.
TEST_F(TaskLimitTest, AContainersOwnIsFoundAtTheRoot) {
  write("proc/self/cgroup", "8:pids:/docker/abc");
  limit("pids", "30", "30");
  EXPECT_THAT(describe(), StartsWith("pids.max of the cgroup / is 30,"));
}

TEST_F(TaskLimitTest, TheWholeMachinesLimitsAreNamed) {
  write("proc/sys/kernel/threads-max", "200");
  EXPECT_EQ(
      describe(),
      "kernel.threads-max is 200, and 200 threads run on the whole machine; raise it by sysctl");
  write("proc/sys/kernel/threads-max", "100000");
  write("proc/sys/kernel/pid_max", "301");
  EXPECT_THAT(describe(), StartsWith("kernel.pid_max is 301,"));
}

TEST_F(TaskLimitTest, NothingIsMadeUp) {
  EXPECT_THAT(describe(), HasSubstr("one of a cgroup above may be"));
}

}  // namespace
}  // namespace perf_exporter
