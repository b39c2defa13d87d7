// Whether the kernel opens an event of a cgroup's folder: a hierarchy may be v1's or v2's, and
// perf_event is bound to one of them.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <string>

#include "kernel/hardware_test.h"
#include "perf/linux_perf_kernel.h"
#include "perf/target.h"

namespace perf_exporter {
namespace {

const char* environment(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no thread changes it
}

// CGROUP names the folder, CGROUP_EXPECTS what the kernel should answer: "opened" or an errno.
TEST(CgroupOpen, IsAnsweredAsExpected) {
  const char* folder = environment("CGROUP");
  const char* expected = environment("CGROUP_EXPECTS");
  if (folder == nullptr || expected == nullptr) {
    GTEST_SKIP() << "CGROUP and CGROUP_EXPECTS name no cgroup and no answer";
  }
  const UniqueFd cgroup(::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_GE(cgroup.get(), 0) << folder << ": " << errno;
  const OneCpu one;
  const OpenArguments arguments({PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
                                GroupRole::leader, Target::of_cgroup(cgroup.get(), one.id()));
  LinuxPerfKernel kernel;
  const auto event = kernel.open(arguments.call());
  const std::map<int, std::string> names = {
      {0, "opened"}, {ENOENT, "ENOENT"}, {EBADF, "EBADF"}, {EACCES, "EACCES"}};
  const int answer = event ? 0 : event.error().code;
  ASSERT_TRUE(names.contains(answer)) << answer;
  EXPECT_EQ(names.at(answer), expected) << folder;
}

}  // namespace
}  // namespace perf_exporter
