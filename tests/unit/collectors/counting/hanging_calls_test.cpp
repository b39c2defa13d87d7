// System calls of counting that don't return: who else goes on, and without what.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "collectors/counting/counter_set.h"
#include "fakes/descriptors.h"
#include "fakes/hanging_calls.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

const CpuList kThree = {CpuId{0}, CpuId{1}, CpuId{2}};
// Far more than the two seconds within which a scrape is answered: for busy machines.
constexpr auto kAtMost = std::chrono::seconds(60);

// Reads on the CPUs of `hang_on_` hang.
class HangingReadTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.open_cpus(kThree);
    machine_.read();
    machine_.kernel.set_before_read([this](int fd) {
      if (contains(hang_on_, CpuId{machine_.kernel.cpu_of(fd)})) {
        reads_.hang();
      }
    });
  }
  void TearDown() override {
    reads_.let_go();
    for (std::thread& lost : lost_) {
      lost.join();
    }
  }

  // A scrape that hangs in a read.
  void lose_a_scrape() {
    const std::size_t before = reads_.begun();
    lost_.emplace_back([this] { machine_.read(); });
    reads_.wait_for(before + 1);
  }
  void find_all_scrapes() {
    reads_.let_go();
    for (std::thread& lost : lost_) {
      lost.join();
    }
    lost_.clear();
  }
  // Fails where a scrape is not answered.
  void scrape() {
    auto answered = std::async(std::launch::async, [this] { machine_.read(); });
    if (answered.wait_for(kAtMost) != std::future_status::ready) {
      ADD_FAILURE() << "the scrape is not answered";
      reads_.let_go();
    }
  }
  std::optional<std::uint64_t> cycles(int cpu) { return machine_.total(cpu, "cycles"); }

  Machine machine_{default_events(), "0-2"};
  HangingCalls reads_;
  CpuList hang_on_;
  std::vector<std::thread> lost_;
};

TEST_F(HangingReadTest, LaterScrapesAreAnsweredWithoutTheCpuWhichNobodyReadsAgain) {
  hang_on_ = {CpuId{1}};
  lose_a_scrape();
  for (std::uint64_t count = 2; count <= 4; ++count) {
    scrape();
    EXPECT_GE(cycles(0), count * 1000);
    EXPECT_EQ(cycles(1), std::nullopt) << "neither 0 nor frozen";
    EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::busy);
    EXPECT_EQ(cycles(2), count * 1000);
  }
  EXPECT_EQ(reads_.begun(), 1U);
  EXPECT_TRUE(machine_.counters.hangs(CpuId{1}));
  EXPECT_FALSE(machine_.counters.hangs(CpuId{0}));
  find_all_scrapes();
  scrape();
  EXPECT_GE(cycles(1), 2000U) << "goes on where it was";
  EXPECT_FALSE(machine_.counters.hangs(CpuId{1}));
}

TEST_F(HangingReadTest, PagesAreServedMeanwhile) {
  hang_on_ = {CpuId{1}};
  lose_a_scrape();
  EXPECT_EQ(cycles(2), 1000U) << "as of the reading before";
  EXPECT_EQ(machine_.counters.installed(), kThree);
}

// The one that waits and the one in the call; then a third reads the rest.
TEST_F(HangingReadTest, TwoThreadsAtMostAreLostAndThenNobodyReads) {
  hang_on_ = {CpuId{1}};
  lose_a_scrape();
  scrape();
  hang_on_ = {CpuId{0}, CpuId{1}};
  lose_a_scrape();
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = machine_.kernel.reads();
    scrape();
    EXPECT_EQ(machine_.kernel.reads(), before);
    for (const int cpu : {0, 1, 2}) {
      EXPECT_EQ(cycles(cpu), std::nullopt);
      EXPECT_EQ(machine_.status(cpu, "page_faults"), EventStatus::busy);
    }
  }
  EXPECT_EQ(reads_.begun(), 2U);
  find_all_scrapes();
  scrape();
  for (const int cpu : {0, 1, 2}) {
    EXPECT_GE(cycles(cpu), 2000U);
  }
}

TEST_F(HangingReadTest, AScrapeThatComesBackIsAnsweredWithTheReadingOfAnother) {
  hang_on_ = {CpuId{1}};
  std::optional<std::uint64_t> seen;
  lost_.emplace_back([&] {
    let_the_reading_age();
    const auto now = machine_.counters.read().snapshot;
    const auto total = now->find(CpuId{2})->total(index_of(machine_.events, "cycles"));
    seen = static_cast<std::uint64_t>(total.value_or(0));
  });
  reads_.wait_for(1);
  scrape();
  find_all_scrapes();
  EXPECT_GE(seen, 2000U);
}

TEST_F(HangingReadTest, GroupsInACallAreNotReplaced) {
  hang_on_ = {CpuId{1}};
  lose_a_scrape();
  scrape();
  const std::size_t before = open_descriptors();
  machine_.open_cpu(CpuId{1});
  machine_.counters.release(CpuId{1});
  EXPECT_EQ(open_descriptors(), before) << "the new ones are closed, the old ones stay";
  EXPECT_EQ(reads_.begun(), 1U);
  find_all_scrapes();
  scrape();
  EXPECT_GE(cycles(1), 2000U);
}

TEST_F(HangingReadTest, GroupsOfACpuThatWentAwayAreClosedByTheThreadInTheCall) {
  hang_on_ = {CpuId{1}};
  lose_a_scrape();
  const std::size_t before = open_descriptors();
  EXPECT_TRUE(machine_.counters.keep_only({CpuId{0}, CpuId{2}}));
  EXPECT_EQ(open_descriptors(), before);
  find_all_scrapes();
  EXPECT_EQ(open_descriptors(), before - 12);
  EXPECT_EQ(machine_.counters.installed(), (CpuList{CpuId{0}, CpuId{2}}));
  scrape();
  EXPECT_EQ(cycles(1), std::nullopt);
}

TEST_F(HangingReadTest, TheLastReadingOfOldGroupsHoldsUpTheOpeningThreadAlone) {
  hang_on_ = {CpuId{1}};
  lost_.emplace_back([this] { machine_.open_cpu(CpuId{1}); });
  reads_.wait_for(1);
  scrape();
  EXPECT_EQ(cycles(0), 2000U);
  EXPECT_EQ(cycles(1), std::nullopt);
  find_all_scrapes();
  scrape();
  EXPECT_EQ(cycles(1), 3000U) << "1,000, a last reading, one of the new groups";
}

TEST(HangingEnable, HoldsUpTheOpeningThreadAlone) {
  Machine machine;
  machine.open_cpu(CpuId{0});
  HangingCalls enables;
  machine.kernel.set_before_control([&](int) { enables.hang(); });
  std::thread opening([&] { machine.open_cpu(CpuId{1}); });
  enables.wait_for(1);
  machine.read();
  EXPECT_EQ(machine.total(0, "cycles"), 1000U);
  EXPECT_EQ(machine.total(1, "cycles"), std::nullopt);
  enables.let_go();
  opening.join();
  machine.read();
  EXPECT_EQ(machine.total(1, "cycles"), 1000U);
}

// An install that finds the reading under way has passed its CPU already.
TEST(CounterSet, ACpuThatIsOpenedAnewDuringAReadingHasDataInIt) {
  Machine machine;
  machine.open_cpus({CpuId{0}, CpuId{1}});
  machine.read();
  bool opened = false;
  machine.kernel.set_before_read([&](int fd) {
    if (machine.kernel.cpu_of(fd) == 1 && !std::exchange(opened, true)) {
      machine.open_cpu(CpuId{0});
    }
  });
  machine.read();
  EXPECT_TRUE(opened);
  EXPECT_EQ(machine.total(0, "cycles"), 4000U) << "one more of the old, the last, one of the new";
  EXPECT_EQ(machine.total(1, "cycles"), 2000U);
}

}  // namespace
}  // namespace perf_exporter
