#include "collectors/families/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>

#include "fakes/descriptors.h"
#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(ProcessMetrics, AgreesWithTheKernel) {
  ProcessMetrics process(HostPaths{});
  const ProcessUsage usage = process.read(boot_time_ns());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(usage.max_fds, limit.rlim_cur);
  ASSERT_TRUE(usage.open_fds && usage.resident_bytes && usage.virtual_bytes);
  EXPECT_EQ(*usage.open_fds, open_descriptors() - 1) << "open_descriptors holds one itself";
  EXPECT_GT(*usage.resident_bytes, 1U << 20U);
  EXPECT_GT(*usage.virtual_bytes, *usage.resident_bytes);
  ASSERT_TRUE(usage.start_time_seconds);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LT(*usage.start_time_seconds, now + 1);
  EXPECT_GT(*usage.start_time_seconds, now - 3600);
}

TEST(ProcessMetrics, FollowsDescriptorsAndCpuTime) {
  ProcessMetrics process(HostPaths{});
  const ProcessUsage before = process.read(boot_time_ns());
  const UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd another(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  while (std::chrono::steady_clock::now() < end) {
  }
  const ProcessUsage after = process.read(boot_time_ns());
  EXPECT_EQ(*after.open_fds, *before.open_fds + 2);
  EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
  EXPECT_EQ(after.start_time_seconds, before.start_time_seconds);
}

TEST(ProcessMetrics, ReadingLeavesNoDescriptorOpen) {
  ProcessMetrics process(HostPaths{});
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(process.read(boot_time_ns()).open_fds);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ProcessMetrics, ReadsTheStartFromStatWithAnOddCommandName) {
  TempHost host;
  host.write_proc("self/stat",
                  "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 12345 100 10\n");
  host.write_proc("self/statm", "1000 200 30 4 0 50 0\n");
  const ProcessUsage usage = ProcessMetrics(host.paths()).read(1'700'000'000 * kSecond);
  ASSERT_TRUE(usage.start_time_seconds);
  EXPECT_DOUBLE_EQ(*usage.start_time_seconds,
                   1700000000 + 12345.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(usage.resident_bytes, 200U * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST(ProcessMetrics, TheStartFollowsAClockThatIsSetLater) {
  TempHost host;
  host.write_proc("self/stat", "42 (a) S 1 42 42 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 12345\n");
  const double after_boot = 12345.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessMetrics process(host.paths());
  const auto start = [&](std::optional<std::int64_t> boot_time) {
    return process.read(boot_time).start_time_seconds;
  };
  EXPECT_FALSE(start(std::nullopt)) << "the clocks could not be read together";
  EXPECT_DOUBLE_EQ(start(0).value(), after_boot) << "in 1970: no clock of its own";
  EXPECT_DOUBLE_EQ(start(1'700'000'000 * kSecond).value(), 1700000000 + after_boot);
  EXPECT_DOUBLE_EQ(start(1'699'999'000 * kSecond).value(), 1699999000 + after_boot);
}

TEST(ProcessMetrics, TheStartKeepsItsLastDigitUntilTheClockIsSet) {
  TempHost host;
  host.write_proc("self/stat", "42 (a) S 1 42 42 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 12345\n");
  ProcessMetrics process(host.paths());
  const auto first = process.read(1'700'000'000 * kSecond).start_time_seconds;
  for (const std::int64_t slip : {-20'000'000, -1, 1, 20'000'000}) {
    EXPECT_EQ(process.read(1'700'000'000 * kSecond + slip).start_time_seconds, first) << slip;
  }
  EXPECT_EQ(process.read(std::nullopt).start_time_seconds, first);
}

TEST(ProcessMetrics, WhatCannotBeReadIsAbsent) {
  const ProcessUsage usage = ProcessMetrics({"/nowhere", "/nowhere"}).read(boot_time_ns());
  EXPECT_FALSE(usage.resident_bytes);
  EXPECT_FALSE(usage.virtual_bytes);
  EXPECT_FALSE(usage.open_fds);
  EXPECT_FALSE(usage.start_time_seconds);
}

}  // namespace
}  // namespace perf_exporter
