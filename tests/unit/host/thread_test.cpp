#include "host/thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <cerrno>

#include "unit/host/refused_tasks.h"

namespace perf_exporter {
namespace {

using ::testing::StartsWith;

TEST(Thread, RunsUnderItsName) {
  std::array<char, 16> name{};
  auto thread = start_thread(
      "some-name", [&] { ::pthread_getname_np(::pthread_self(), name.data(), name.size()); }, {});
  ASSERT_TRUE(thread) << thread.error().what;
  thread->join();
  EXPECT_STREQ(name.data(), "some-name");
}

TEST(Thread, OneThatCantBeMadeIsAFaultThatNamesTheLimit) {
  bool refused = false;
  Result<std::thread> made = fault("");
  std::thread([&] {
    refused = refuse_tasks();
    made = start_thread("some-name", [] {}, {});
  }).join();
  ASSERT_TRUE(refused);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, EAGAIN);
  EXPECT_THAT(made.error().what, StartsWith("cannot make the thread some-name: no limit that"));
}

}  // namespace
}  // namespace perf_exporter
