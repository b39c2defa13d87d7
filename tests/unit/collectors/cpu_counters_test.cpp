#include "collectors/cpu_counters.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "unit/collectors/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

class CpuCountersTest : public testing::Test {
 protected:
  OpenedCpu open(Arrangement arrangement = Arrangement::merged) {
    return opener_.open(CpuId{0}, arrangement, kPlenty);
  }
  // The clock moves on by a second a reading, as the scripted counters do.
  void read() { counters_.read(kernel_, ++now_ * kSecond); }
  std::vector<OpenedGroup> install(OpenedCpu opened) {
    return counters_.install(kernel_, std::move(opened), ++now_ * kSecond);
  }
  std::size_t index(std::string_view name) { return index_of(events_, name); }
  std::optional<std::uint64_t> total(std::string_view name) {
    const auto total = counters_.total(index(name));
    return total ? std::optional(static_cast<std::uint64_t>(*total)) : std::nullopt;
  }
  std::optional<EventStatus> status(std::string_view name) { return counters_.status(index(name)); }

  FakePerfKernel kernel_;
  std::vector<const CatalogEvent*> events_ =
      events_named({"cycles", "instructions", "branches", "branch_misses", "page_faults"});
  GroupOpener opener_{kernel_, events_, {}, Guests::include};
  CpuCounters counters_{CpuInfo{}, events_.size()};
  RawCount now_ = 0;
};

TEST_F(CpuCountersTest, HasNothingBeforeItIsOpenedAndRead) {
  EXPECT_EQ(status("cycles"), std::nullopt);
  EXPECT_EQ(total("cycles"), std::nullopt);
  install(open());
  EXPECT_EQ(total("cycles"), std::nullopt) << "not read yet: absent, not 0";
  read();
  EXPECT_EQ(total("cycles"), 1000U);
  EXPECT_EQ(status("cycles"), EventStatus::counting);
  EXPECT_EQ(counters_.descriptors(), 5U);
  EXPECT_EQ(kernel_.enables(), 2U) << "one for each group";
  EXPECT_EQ(kernel_.reads(), 2U);
}

TEST_F(CpuCountersTest, TellsLeadersAndTheirTimes) {
  install(open());
  read();
  EXPECT_EQ(counters_.leader_of(index("branch_misses")), index("cycles"));
  EXPECT_EQ(counters_.leader_of(index("page_faults")), index("page_faults"));
  const auto times = counters_.times_led_by(index("cycles"));
  ASSERT_TRUE(times);
  EXPECT_EQ(static_cast<std::uint64_t>(times->enabled), kSecond);
  EXPECT_FALSE(counters_.times_led_by(index("branches"))) << "leads no group";
  EXPECT_GT(counters_.read_time(index("branches")), 0U);
}

TEST_F(CpuCountersTest, WhatNeverRanHasNoSample) {
  kernel_.count(hardware(), course(1000, 0));
  install(open());
  read();
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), EventStatus::starved);
  EXPECT_EQ(total("page_faults"), 1000U);
}

TEST_F(CpuCountersTest, AMergedGroupThatSharesItsCountersAsksToBeTakenApart) {
  kernel_.count(hardware(), course(1000, 50));
  install(open());
  read();
  EXPECT_EQ(status("cycles"), EventStatus::multiplexed);
  EXPECT_EQ(total("cycles"), 1000U) << "500 seen in half the time";
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::apart);
  install(open(Arrangement::apart));
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  read();
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt) << "apart already";
  EXPECT_EQ(counters_.leader_of(index("branch_misses")), index("branches"));
}

TEST_F(CpuCountersTest, TotalsAndTimesGoOnOverAReopening) {
  install(open());
  read();
  read();
  EXPECT_EQ(total("cycles"), 2000U);
  const auto old = install(open(Arrangement::apart));
  EXPECT_EQ(old.size(), 2U) << "handed out to be closed";
  read();
  EXPECT_EQ(total("cycles"), 4000U) << "2,000, a last reading of the old, one of the new";
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_led_by(index("cycles"))->enabled),
            4 * kSecond);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_led_by(index("branches"))->enabled),
            kSecond);
}

TEST_F(CpuCountersTest, TimesOfAFormerLeaderStayInTheSums) {
  install(open(Arrangement::apart));
  read();
  install(open(Arrangement::merged));
  read();
  EXPECT_FALSE(counters_.times_led_by(index("branches")));
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.times_ever_led_by(index("branches")).enabled),
            2 * kSecond);
}

TEST_F(CpuCountersTest, AFailedReadMakesItsGroupAbsentForThatReading) {
  install(open());
  read();
  kernel_.set_read_error(EIO, PERF_TYPE_HARDWARE);
  read();
  EXPECT_EQ(counters_.faults().size(), 1U);
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), EventStatus::busy);
  EXPECT_FALSE(counters_.times_led_by(index("cycles")));
  EXPECT_EQ(total("page_faults"), 2000U);
  EXPECT_EQ(counters_.wants_reopening(), std::nullopt);
  kernel_.set_read_error(0);
  read();
  EXPECT_TRUE(counters_.faults().empty());
  EXPECT_EQ(total("cycles"), 2000U);
}

TEST_F(CpuCountersTest, AShortReadAsksForReopeningInTheSameArrangement) {
  install(open(Arrangement::apart));
  read();
  kernel_.set_read_limit(40);
  read();
  EXPECT_EQ(counters_.faults().size(), 2U) << "the software group of one event is 40 bytes long";
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::apart);
}

TEST_F(CpuCountersTest, AStandingClockIsADeadGroup) {
  kernel_.count(hardware(), [](const perf_event_attr&, int, int) {
    return FakeCount{500, kSecond, kSecond};
  });
  install(open());
  read();
  EXPECT_EQ(total("cycles"), 500U);
  read();
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(counters_.wants_reopening(), Arrangement::merged);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.counted(index("cycles"))), 500U);
}

TEST_F(CpuCountersTest, AGroupThatCannotBeEnabledIsBusyAndHandedBack) {
  kernel_.set_control_error(EBUSY);
  const auto unused = install(open());
  EXPECT_EQ(unused.size(), 2U);
  EXPECT_EQ(counters_.descriptors(), 0U);
  EXPECT_EQ(status("cycles"), EventStatus::busy);
  ASSERT_NE(counters_.refusal(index("cycles")), nullptr);
  EXPECT_EQ(counters_.refusal(index("cycles"))->fault.code, EBUSY);
}

TEST_F(CpuCountersTest, ARefusedEventTellsWhy) {
  kernel_.refuse(hardware(), ENOENT);
  install(open());
  read();
  EXPECT_EQ(status("cycles"), EventStatus::unsupported);
  EXPECT_EQ(counters_.refusal(index("cycles"))->fault.code, ENOENT);
  EXPECT_EQ(counters_.refusal(index("page_faults")), nullptr);
  EXPECT_EQ(counters_.leader_of(index("cycles")), std::nullopt);
}

TEST_F(CpuCountersTest, AnOfflineCpuHasNoData) {
  install(open());
  read();
  counters_.mark_offline();
  EXPECT_TRUE(counters_.is_offline());
  EXPECT_EQ(total("cycles"), std::nullopt);
  EXPECT_EQ(status("cycles"), std::nullopt);
  EXPECT_EQ(static_cast<std::uint64_t>(counters_.counted(index("cycles"))), 1000U)
      << "for the sums";
}

}  // namespace
}  // namespace perf_exporter
