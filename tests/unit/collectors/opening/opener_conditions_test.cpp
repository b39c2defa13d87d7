// What the opening thread makes of events that lack counters, or whose readings fail.
#include <gtest/gtest.h>

#include <cerrno>

#include "collectors/findings/counting_findings.h"
#include "unit/collectors/opening/opener_fixture.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using namespace std::chrono_literals;

// Of a second a reading, in turn three quarters and a half.
FakeCount shared_by_turns(const perf_event_attr& /*attr*/, int /*cpu*/, int n) {
  FakeCount counted;
  for (int reading = 0; reading <= n; ++reading) {
    counted.value += 100;
    counted.enabled += kSecond;
    counted.running += reading % 2 == 0 ? kSecond / 4 * 3 : kSecond / 2;
  }
  return counted;
}

// One group of hardware events, which is not looked at before it is reported.
class PairTest : public OpenerTest {
 protected:
  PairTest() : OpenerTest(events_named({"cycles", "instructions", "page_faults"})) {}

  // What is to be said now.
  [[nodiscard]] CountingState state() {
    const OpenReport newest = report();
    return counting_state(*machine_.counters.state(), newest);
  }
  // Whether many readings more bring no other report, which would come after a second.
  [[nodiscard]] bool is_said_once() {
    const int said = passes();
    const auto until = std::chrono::steady_clock::now() + 1300ms;
    while (std::chrono::steady_clock::now() < until) {
      machine_.read();
      std::this_thread::sleep_for(10ms);
    }
    return passes() == said;
  }
};

TEST_F(PairTest, WhatNeverRunsFromItsFirstReadingOnIsReportedOnce) {
  machine_.kernel.count(hardware(), course(1000, 0));
  start();
  ASSERT_TRUE(running());
  EXPECT_TRUE(state().starved.empty());
  machine_.read();
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(state().starved[0], (CpuList{CpuId{0}, CpuId{1}}));
  EXPECT_EQ(state().starved.size(), 2U) << "page_faults count";
  EXPECT_TRUE(is_said_once());
}

TEST_F(PairTest, AShareThatChangesIsReportedOnce) {
  machine_.kernel.count(hardware(), shared_by_turns);
  start();
  ASSERT_TRUE(running());
  machine_.read();
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(state().shared[1].cpus, (CpuList{CpuId{0}, CpuId{1}}));
  EXPECT_EQ(state().shared[1].percent, 75U);
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::multiplexed);
  EXPECT_TRUE(is_said_once());
}

TEST_F(PairTest, ReadsThatGoOnFailingAreReportedAndTheirGroupsOpenedAnewOnce) {
  start();
  ASSERT_TRUE(running());
  machine_.read();
  machine_.kernel.set_read_error(EIO, PERF_TYPE_HARDWARE);
  for (int i = 0; i < 3; ++i) {
    machine_.read();
  }
  ASSERT_TRUE(wait_for_passes(2));
  EXPECT_EQ(state().unread[1][EIO], (CpuList{CpuId{0}, CpuId{1}}));
  EXPECT_TRUE(is_said_once());
  EXPECT_EQ(machine_.counters.state()->reopenings(), 2U) << "each CPU, and not with each failure";
  machine_.kernel.set_read_error(0);
  machine_.read();
  ASSERT_TRUE(wait_for_passes(3));
  EXPECT_TRUE(state().unread.empty());
}

// The kernel checks a group against an empty PMU, so it opens; three of seven counters are held.
TEST_F(OpenerTest, AMergedGroupThatNeverRunsIsApartBeforeAnythingIsReady) {
  machine_.kernel.set_free_counters(4);
  start();
  ASSERT_TRUE(running());
  const std::size_t branches = index_of(machine_.events, "branches");
  for (const int on : {0, 1}) {
    machine_.with_cpu(
        on, [&](const SnapshotRow& cpu) { EXPECT_EQ(cpu.leader_of(branches), branches); });
  }
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::counting) << "at the first scrape";
  EXPECT_EQ(machine_.total(1, "branches"), 1000U);
}

}  // namespace
}  // namespace perf_exporter
