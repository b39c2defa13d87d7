// On the running kernel. Software events count in virtual machines too; where a whole CPU is
// refused (perf_event_paranoid without the capability, a seccomp filter) the tests say so and skip.
#include "perf/linux_perf_kernel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "perf/event_group.h"
#include "perf/target.h"

namespace perf_exporter {
namespace {

const Encoding kPageFaults{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS};
const Encoding kContextSwitches{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES};

constexpr std::size_t kPages = 1000;
constexpr int kSleeps = 100;

// Keeps the calling thread on the first CPU that it may use, which is returned.
CpuId stay_on_one_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) {
    ++cpu;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  return CpuId{cpu};
}

void touch_fresh_pages() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory =
      ::mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, kPages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < kPages; ++i) {
    static_cast<volatile char*>(memory)[i * page] = 1;
  }
  ::munmap(memory, kPages * page);
}

void sleep_often() {
  for (int i = 0; i < kSleeps; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(10));
  }
}

TEST(LinuxPerfKernel, CountsTheFaultsAndSwitchesThatATestMakes) {
  LinuxPerfKernel kernel;
  std::thread([&] {
    const CpuId cpu = stay_on_one_cpu();
    auto group = EventGroup::open(kernel, {kPageFaults, kContextSwitches}, Target::of_cpu(cpu));
    if (!group) {
      GTEST_SKIP() << "the kernel refuses to count on a CPU: " << group.error().fault.what;
    }
    GroupReading before;
    GroupReading after;
    ASSERT_TRUE(group->enable(kernel));
    ASSERT_TRUE(group->read(kernel, before));
    touch_fresh_pages();
    sleep_often();
    ASSERT_TRUE(group->read(kernel, after));
    EXPECT_GE(after.members[0].value - before.members[0].value, kPages);
    EXPECT_GE(after.members[1].value - before.members[1].value, RawCount{kSleeps});
    EXPECT_NE(after.members[0].id, after.members[1].id);
    EXPECT_GT(after.enabled, before.enabled);
    EXPECT_EQ(after.enabled, after.running) << "software events are never multiplexed";
  }).join();
}

TEST(LinuxPerfKernel, DescriptorsAreClosedOnExec) {
  LinuxPerfKernel kernel;
  const OpenArguments arguments(in_user_mode(kPageFaults), GroupRole::leader,
                                Target::of_own_task());
  const auto fd = kernel.open(arguments.call());
  if (!fd) {
    GTEST_SKIP() << "the kernel refuses to count the own task: " << fd.error().what;
  }
  EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(LinuxPerfKernel, FaultsCarryTheErrnoAndTheCall) {
  LinuxPerfKernel kernel;
  std::byte bytes[64];
  const auto read = kernel.read(-1, bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EBADF);
  const auto controlled = kernel.control(-1, GroupControl::enable);
  ASSERT_FALSE(controlled);
  EXPECT_EQ(controlled.error().code, EBADF);
  OpenCall undefined;
  undefined.flags = ~0UL;
  const auto opened = kernel.open(undefined);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().code, 0);
  EXPECT_NE(opened.error().what.find("perf_event_open"), std::string::npos);
}

}  // namespace
}  // namespace perf_exporter
