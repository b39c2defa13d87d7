#include "base/descriptor_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace perf_exporter {
namespace {

using testing::StartsWith;

class DescriptorLimitTest : public testing::Test {
 protected:
  DescriptorLimitTest() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimitTest() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  // From now on `count` more can be opened.
  void leave(int count) {
    const rlimit few{static_cast<rlim_t>(lowest() + count), before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  static int lowest() { return UniqueFd(::dup(STDERR_FILENO)).get(); }

  rlimit before_{};
};

TEST_F(DescriptorLimitTest, WhatFindsRoomIsNoFaultAndTakesNone) {
  const int before = lowest();
  leave(3);
  EXPECT_TRUE(require_descriptors(3, "serving"));
  EXPECT_EQ(lowest(), before);
}

TEST_F(DescriptorLimitTest, AFaultNamesTheLeastLimit) {
  const int before = lowest();
  leave(3);
  const auto room = require_descriptors(5, "serving");
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, EMFILE);
  EXPECT_EQ(room.error().what,
            "serving takes " + std::to_string(before + 5) + " file descriptors at least");
  EXPECT_EQ(lowest(), before);
  EXPECT_THAT(describe_descriptor_limit(),
              StartsWith("RLIMIT_NOFILE is " + std::to_string(before + 3) + "; raise it"));
}

}  // namespace
}  // namespace perf_exporter
