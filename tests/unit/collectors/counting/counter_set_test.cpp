#include "collectors/counting/counter_set.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <set>

#include "base/clock.h"
#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

const CpuList kBoth = {CpuId{0}, CpuId{1}};

class CounterSetTest : public testing::Test {
 protected:
  void SetUp() override { machine_.open_cpus(kBoth); }

  Machine machine_;
};

TEST_F(CounterSetTest, ReadsEachGroupOfEachCpuOnce) {
  EXPECT_TRUE(machine_.read().empty());
  EXPECT_EQ(machine_.kernel.reads(), 4U) << "two groups on two CPUs";
  EXPECT_EQ(machine_.total(0, "cycles"), 1000U);
  EXPECT_EQ(machine_.total(1, "page_faults"), 1000U);
  EXPECT_EQ(machine_.counters.descriptors(), 24U);
  EXPECT_EQ(machine_.counters.installed(), kBoth);
}

TEST_F(CounterSetTest, AScrapeWithinAMillisecondSharesTheReading) {
  machine_.counters.read();
  // On a machine under load more than a millisecond may pass between two calls: try a few times.
  std::size_t fresh = 0;
  constexpr std::size_t kTries = 20;
  for (std::size_t i = 0; i < kTries; ++i) {
    const std::size_t before = machine_.kernel.reads();
    machine_.counters.read();
    fresh += machine_.kernel.reads() > before ? 1 : 0;
  }
  EXPECT_LT(fresh, kTries);
  const std::size_t before = machine_.kernel.reads();
  machine_.read();
  EXPECT_EQ(machine_.kernel.reads(), before + 4);
}

// The second scrape comes while the first one reads, and waits for it.
TEST_F(CounterSetTest, AScrapeThatComesWhileAnotherReadsSharesItsReading) {
  std::atomic<bool> reading = false;
  std::atomic<bool> second_waits = false;
  machine_.kernel.set_before_read([&](int) {
    reading = true;
    while (!second_waits) {
      std::this_thread::yield();
    }
    let_the_reading_age();  // so that the second has arrived before the reading ends
  });
  CounterSet::Taken of_first;
  CounterSet::Taken of_second;
  std::thread first([&] { of_first = machine_.counters.read(); });
  while (!reading) {
    std::this_thread::yield();
  }
  std::thread second([&] {
    second_waits = true;
    of_second = machine_.counters.read();
  });
  first.join();
  second.join();
  EXPECT_EQ(of_second.snapshot->rows().size(), 2U);
  EXPECT_EQ(of_second.snapshot, of_first.snapshot);
  EXPECT_EQ(machine_.kernel.reads(), 4U) << "one reading for both";
}

TEST_F(CounterSetTest, ASnapshotStaysAsItIs) {
  const auto held = machine_.counters.read().snapshot;
  machine_.read();
  machine_.counters.keep_only({CpuId{0}});
  machine_.read();
  ASSERT_EQ(held->rows().size(), 2U);
  EXPECT_EQ(held->find(CpuId{1})->total(index_of(machine_.events, "cycles")), Count{1000});
  EXPECT_TRUE(held->retired().empty());
  const auto now = machine_.counters.state();
  EXPECT_EQ(now->find(CpuId{1}), nullptr);
  EXPECT_EQ(now->find(CpuId{0})->total(index_of(machine_.events, "cycles")), Count{3000});
  EXPECT_EQ(now->retired().size(), 1U);
}

TEST_F(CounterSetTest, SnapshotsThatNobodyHoldsAreFilledAgain) {
  std::set<const Snapshot*> seen;
  for (int i = 0; i < 20; ++i) {
    let_the_reading_age();
    seen.insert(machine_.counters.read().snapshot.get());
  }
  EXPECT_EQ(seen.size(), 2U) << "the newest, and the next";
}

TEST_F(CounterSetTest, AnOfflineCpuIsAbsentAtOnce) {
  int changes = 0;
  machine_.counters.set_on_change([&] { ++changes; });
  machine_.read();
  EXPECT_EQ(changes, 0);
  machine_.host.set_online("0");
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), std::nullopt);
  EXPECT_EQ(machine_.status(1, "cycles"), std::nullopt);
  EXPECT_EQ(machine_.total(0, "cycles"), 2000U);
  EXPECT_EQ(changes, 1);
}

TEST_F(CounterSetTest, ACpuThatIsBackStartsAnewAndItsPastStaysInTheSums) {
  machine_.read();
  machine_.host.set_online("0");
  machine_.read();
  const std::size_t before = open_descriptors();
  EXPECT_TRUE(machine_.counters.keep_only({CpuId{0}}));
  EXPECT_EQ(open_descriptors(), before - 12);
  EXPECT_FALSE(machine_.counters.keep_only({CpuId{0}}));
  machine_.host.set_online("0-1");
  machine_.open_cpu(CpuId{1});
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), 1000U) << "a new start: a reset to Prometheus";
  const auto now = machine_.counters.state();
  ASSERT_EQ(now->retired().size(), 1U);
  const RetiredCounts& retired = now->retired().begin()->second;
  EXPECT_EQ(static_cast<std::uint64_t>(retired.counts[index_of(machine_.events, "cycles")]), 1000U);
  EXPECT_EQ(static_cast<std::uint64_t>(retired.times[index_of(machine_.events, "cycles")].enabled),
            kSecond);
}

// Off and on again between two looks of the opening thread; only a scrape has seen it.
TEST_F(CounterSetTest, ACpuThatWasSeenOfflineIsDroppedThoughItIsBack) {
  machine_.host.set_online("0");
  machine_.read();
  machine_.host.set_online("0-1");
  machine_.read();
  EXPECT_EQ(machine_.total(1, "cycles"), std::nullopt) << "frozen for good";
  EXPECT_TRUE(machine_.counters.keep_only(kBoth));
  EXPECT_EQ(machine_.counters.installed(), CpuList{CpuId{0}});
}

TEST_F(CounterSetTest, AShortReadIsAbsentCountedAndReopened) {
  machine_.read();
  machine_.kernel.set_read_limit(24);
  EXPECT_EQ(machine_.read().size(), 4U);
  EXPECT_EQ(machine_.total(0, "cycles"), std::nullopt);
  EXPECT_EQ(machine_.counters.state()->read_failures(), 4U);
  machine_.kernel.set_read_limit(std::nullopt);
  EXPECT_EQ(machine_.reopen(), 2U);
  EXPECT_TRUE(machine_.read().empty());
  ASSERT_TRUE(machine_.total(0, "cycles"));
  EXPECT_GE(*machine_.total(0, "cycles"), 2000U);
  EXPECT_EQ(machine_.counters.state()->reopenings(), 2U);
  EXPECT_EQ(machine_.reopen(), 0U);
}

TEST_F(CounterSetTest, AFailedReadIsAbsentAndNotReopened) {
  machine_.kernel.set_read_error(EIO);
  EXPECT_EQ(machine_.read().size(), 4U);
  EXPECT_EQ(machine_.total(0, "cycles"), std::nullopt);
  EXPECT_EQ(machine_.reopen(), 0U);
  machine_.kernel.set_read_error(0);
  machine_.read();
  EXPECT_EQ(machine_.total(0, "cycles"), 1000U);
}

TEST(CounterSet, AMergedGroupThatIsMultiplexedGoesOnApartWithoutAFallOrADoubleCount) {
  Machine machine;
  machine.kernel.count(hardware(), course(1000, 50));
  machine.open_cpu(CpuId{0});
  machine.read();
  machine.read();
  EXPECT_EQ(machine.total(0, "cycles"), 2000U);
  EXPECT_EQ(machine.total(0, "branch_misses"), 2000U);
  EXPECT_EQ(machine.reopen(), 1U);
  machine.read();
  for (const char* event : {"cycles", "instructions", "branch_misses", "cache_references"}) {
    EXPECT_EQ(machine.total(0, event), 4000U) << event << ": a last reading and a new one";
  }
  EXPECT_EQ(machine.reopen(), 0U);
  std::size_t hardware_leaders = 0;
  for (const SeenOpen& seen : machine.kernel.opens()) {
    hardware_leaders += seen.call.group_fd == -1 && seen.attr.type == PERF_TYPE_HARDWARE ? 1 : 0;
  }
  EXPECT_EQ(hardware_leaders, 7U + 1U + 3U) << "trials, the merged group, the groups apart";
}

// By ms of enabled and running time at each reading. They go on by much: on a slow machine a small
// step would look like a clock that stood still.
FakePerfKernel::Course clocks(std::vector<std::pair<std::uint64_t, std::uint64_t>> readings) {
  return [readings = std::move(readings)](const perf_event_attr&, int, int n) {
    constexpr std::uint64_t kMs = 1'000'000;
    const auto [enabled, running] =
        readings[std::min<std::size_t>(static_cast<std::size_t>(n), readings.size() - 1)];
    return FakeCount{running * 10, enabled * kMs, running * kMs};
  };
}

TEST(CounterSet, WhatHasHardlyRunIsAbsentNotZero) {
  Machine machine(events_named({"branches"}), "0");
  machine.kernel.count(hardware(), clocks({{320, 10}, {640, 20}, {960, 30}, {1280, 31}}));
  machine.open_cpu(CpuId{0});
  for (int reading = 0; reading < 2; ++reading) {
    machine.read();
    EXPECT_EQ(machine.total(0, "branches"), std::nullopt);
    EXPECT_EQ(machine.status(0, "branches"), std::nullopt) << "too early to tell";
  }
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 9600U);
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 9600U) << "held, and shown";
}

TEST(CounterSet, AShareBelowOnePercentIsStarvationNotAFlatLine) {
  Machine machine(events_named({"branches"}), "0");
  machine.kernel.count(hardware(),
                       clocks({{1000, 500}, {16'000, 600}, {31'000, 700}, {46'000, 1500}}));
  machine.open_cpu(CpuId{0});
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 10'000U);
  for (int reading = 0; reading < 2; ++reading) {
    machine.read();
    EXPECT_EQ(machine.total(0, "branches"), std::nullopt);
    EXPECT_EQ(machine.status(0, "branches"), EventStatus::starved);
  }
  machine.read();
  EXPECT_GE(machine.total(0, "branches"), 12'000U) << "what was seen meanwhile is in it";
}

// The new group finds no counter at once; its events' totals don't vanish for that.
TEST(CounterSet, ATotalOutlastsTheOpeningOfItsGroup) {
  Machine machine(events_named({"branches"}), "0");
  machine.kernel.count(hardware(), course(1000, 50));
  machine.open_cpu(CpuId{0});
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 1000U);
  machine.kernel.count(hardware(), clocks({{100, 0}, {900, 5}, {2500, 5}}));
  machine.open_cpu(CpuId{0});
  for (int reading = 0; reading < 2; ++reading) {
    machine.read();
    EXPECT_EQ(machine.total(0, "branches"), 2000U) << "with the old group's last reading";
  }
  machine.read();
  EXPECT_EQ(machine.status(0, "branches"), EventStatus::starved) << "not flat for good";
}

TEST(CounterSet, TotalsNeverFallWhateverHappens) {
  Machine machine;
  machine.kernel.count(hardware(), [](const perf_event_attr&, int, int n) {
    const auto reading = static_cast<std::uint64_t>(n) + 1;
    // Runs for 40 % of a second, then for none at all, and counts nothing in every third.
    const std::uint64_t runs = (reading + 1) / 2;
    return FakeCount{reading / 3 * 1000, reading * kSecond, runs * kSecond * 2 / 5};
  });
  machine.open_cpu(CpuId{0});
  std::uint64_t highest = 0;
  for (int i = 0; i < 60; ++i) {
    machine.read();
    if (i % 7 == 6) {
      machine.reopen();
    }
    if (i % 11 == 10) {
      machine.open_cpu(CpuId{0}, Arrangement::apart);
    }
    if (const auto total = machine.total(0, "cycles")) {
      EXPECT_GE(*total, highest);
      highest = *total;
    }
  }
  EXPECT_GT(highest, 10'000U);
}

TEST(CounterSet, UntrustedPmusAreWithheldOnTheirCpusAloneAndOnThoseToCome) {
  Machine machine(events_named({"cycles", "instructions", "page_faults"}), "0-2");
  machine.host.add_pmu("cpu_core", 4, "0");
  machine.host.add_pmu("cpu_atom", 10, "1-2");
  machine.open_cpus(kBoth);
  machine.read();
  machine.counters.set_untrusted({{"cpu_atom", {1, 1, 0}}});
  machine.open_cpu(CpuId{2});
  machine.read();
  EXPECT_EQ(machine.status(0, "cycles"), EventStatus::counting);
  for (const int cpu : {1, 2}) {
    EXPECT_EQ(machine.status(cpu, "cycles"), EventStatus::untrusted);
    EXPECT_EQ(machine.total(cpu, "instructions"), std::nullopt);
    EXPECT_EQ(machine.status(cpu, "page_faults"), EventStatus::counting);
  }
  machine.counters.set_untrusted({});
  machine.read();
  machine.read();
  EXPECT_EQ(machine.total(1, "cycles"), 2000U) << "one reading before, one since";
  EXPECT_EQ(machine.total(2, "cycles"), 1000U);
}

CpuInfo info_of(int cpu, const std::string& package, const std::string& pmu) {
  CpuInfo info;
  info.cpu = CpuId{cpu};
  info.package = package;
  info.pmu = pmu;
  return info;
}

TEST_F(CounterSetTest, WhatIsLearnedOfACpuLaterHolds) {
  machine_.counters.set_untrusted({{"cpu", std::vector<bool>(machine_.events.size(), true)}});
  machine_.read();
  EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::counting) << "of no PMU that is known";
  machine_.counters.set_info(info_of(1, "", "cpu"));
  machine_.counters.set_info(info_of(1, "", ""));  // could not be read this time
  machine_.counters.set_info(info_of(9, "0", "cpu"));
  machine_.read();
  EXPECT_EQ(machine_.status(0, "cycles"), EventStatus::counting);
  EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::untrusted);
  machine_.with_cpu(1, [](const SnapshotRow& cpu) { EXPECT_EQ(cpu.info().pmu, "cpu"); });
}

// As for a CPU that went and came back: the sums of neither package fall, and none counts twice.
TEST_F(CounterSetTest, ACpuOfAnotherPackageLeavesTheSumsOfTheFirst) {
  machine_.counters.keep_only({CpuId{1}});
  machine_.host.add_topology(0, 0, 0, 0, 0);
  machine_.open_cpu(CpuId{0});
  machine_.read();
  machine_.counters.set_info(info_of(0, "1", ""));
  EXPECT_EQ(machine_.counters.installed(), CpuList{CpuId{1}}) << "to be opened anew";
  const auto cycles = index_of(machine_.events, "cycles");
  EXPECT_EQ(static_cast<std::uint64_t>(machine_.counters.state()->retired().at("0").counts[cycles]),
            1000U);
}

// As while a truth check has precedence: 5 ms of each second are lost from the second reading on.
TEST(CounterSet, BorrowedCountersAreNotShared) {
  Machine machine(default_events(), "0");
  machine.kernel.count(hardware(), [](const perf_event_attr&, int, int n) {
    const auto seconds = static_cast<std::uint64_t>(n) + 1;
    const std::uint64_t lost = static_cast<std::uint64_t>(n) * 5'000'000;
    return FakeCount{seconds * 1000, seconds * kSecond, seconds * kSecond - lost};
  });
  machine.open_cpu(CpuId{0});
  machine.read();
  machine.counters.excuse_sharing(CpuId{0}, monotonic_ns() + kSecond);
  machine.counters.excuse_sharing(CpuId{9}, monotonic_ns() + kSecond);
  machine.read();
  EXPECT_EQ(machine.status(0, "cycles"), EventStatus::counting);
  EXPECT_EQ(machine.reopen(), 0U);
  EXPECT_EQ(machine.total(0, "cycles"), 2005U) << "scaled over what was lost";
  machine.with_cpu(0, [&](const SnapshotRow& cpu) {
    const GroupTimes times = *cpu.times_led_by(index_of(machine.events, "cycles"));
    EXPECT_EQ(static_cast<std::uint64_t>(times.enabled - times.running), 5'000'000U);
    EXPECT_EQ(cpu.cell(index_of(machine.events, "cycles")).condition.lack, Lack::none);
  });
  machine.counters.excuse_sharing(CpuId{0}, 0);
  machine.read();
  EXPECT_EQ(machine.status(0, "cycles"), EventStatus::multiplexed);
  EXPECT_EQ(machine.reopen(), 1U) << "apart";
}

TEST(CounterSet, WhatIsHeldBackOfACpuThatGoesStaysInTheSums) {
  Machine machine(events_named({"branches"}), "0");
  machine.kernel.count(hardware(), clocks({{1000, 500}, {1900, 510}}));
  machine.open_cpu(CpuId{0});
  machine.read();
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 10'000U) << "10 ms of 900 are held back";
  machine.counters.keep_only({});
  const RetiredCounts& retired = machine.counters.state()->retired().begin()->second;
  EXPECT_EQ(static_cast<std::uint64_t>(retired.counts[0]), 19'000U);
}

TEST(CounterSet, SilenceIsAChange) {
  const auto branches = events_named({"branches"});
  Machine machine(branches, "0");
  machine.kernel.count(hardware(), [](const perf_event_attr&, int, int n) {
    const auto minutes = 60 * (static_cast<std::uint64_t>(n) + 1) * kSecond;
    return FakeCount{n < 2 ? 0 : std::uint64_t{9}, minutes, minutes};
  });
  int changes = 0;
  machine.counters.set_on_change([&] { ++changes; });
  machine.open_cpu(CpuId{0});
  machine.read();
  EXPECT_EQ(machine.status(0, "branches"), EventStatus::silent);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(machine.counters.condition_changes(), 1U);
  machine.read();
  EXPECT_EQ(changes, 1) << "as before";
  machine.read();
  EXPECT_EQ(machine.total(0, "branches"), 9U);
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(machine.counters.condition_changes(), 2U);
}

TEST(CounterSet, ADeadGroupIsOpenedAnewAndItsTotalGoesOn) {
  Machine machine(events_named({"page_faults"}));
  machine.kernel.count({}, [](const perf_event_attr&, int, int) {
    return FakeCount{700, kSecond, kSecond};
  });
  machine.open_cpu(CpuId{0});
  machine.read();
  EXPECT_EQ(machine.total(0, "page_faults"), 700U);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  machine.read();
  EXPECT_EQ(machine.total(0, "page_faults"), std::nullopt) << "not flat: absent";
  EXPECT_EQ(machine.counters.came_back(), CpuList{CpuId{0}});
  EXPECT_EQ(machine.reopen(), 1U);
  machine.read();
  EXPECT_EQ(machine.total(0, "page_faults"), 1400U);
}

}  // namespace
}  // namespace perf_exporter
