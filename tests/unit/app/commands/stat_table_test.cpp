#include "app/commands/stat_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kBegun = 7 * kSecond;

// A machine of two CPUs that counts 1,000 of each event a reading.
class StatTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.open_cpus({CpuId{0}, CpuId{1}});
    machine_.read();
  }
  [[nodiscard]] StatSnapshot snapshot(std::uint64_t taken_at) {
    machine_.read();
    return stat_snapshot(*machine_.counters.state(), taken_at);
  }
  [[nodiscard]] std::string table_since(const StatSnapshot& before) {
    return stat_table(before, snapshot(before.taken_at + kSecond));
  }

  Machine machine_{events_named({"cycles", "instructions", "page_faults"}), "0-1"};
};

TEST_F(StatTest, ShowsCountsRatesAndRatios) {
  const std::string table = table_since(snapshot(kBegun));
  EXPECT_THAT(table, HasSubstr("Counted on 2 CPUs for 1.000 s\n\n"));
  EXPECT_THAT(table, ContainsRegex("\n  cycles +2,000 +2000.0\n"));
  EXPECT_THAT(table, ContainsRegex("\n  instructions per cycle +1.00\n"));
}

TEST_F(StatTest, WhatACpuHadCountedStaysWhenItGoes) {
  const StatSnapshot before = snapshot(kBegun);
  machine_.read();
  machine_.host.set_online("0");
  const std::string seen_offline = table_since(before);
  machine_.counters.keep_only({CpuId{0}});
  const std::string dropped = table_since(before);
  EXPECT_THAT(seen_offline, ContainsRegex("\n  page_faults +3,000 +3000.0\n"));
  EXPECT_THAT(dropped, ContainsRegex("\n  page_faults +4,000 +4000.0\n"));
  for (const std::string& table : {seen_offline, dropped}) {
    EXPECT_THAT(table, HasSubstr("Counted on 2 CPUs for 1.000 s\n"
                                 "CPU 1 went offline meanwhile: counted until then\n"));
    EXPECT_THAT(table, Not(HasSubstr("partial")));
  }
}

TEST_F(StatTest, WhatTheLastCpuOfAnEventHadCountedIsShown) {
  const StatSnapshot before = snapshot(kBegun);
  machine_.read();
  machine_.counters.keep_only({});
  EXPECT_THAT(table_since(before), ContainsRegex("\n  cycles +2,000 +2000.0\n"));
}

TEST_F(StatTest, ACpuThatComesIsCountedFromThenOn) {
  machine_.host.set_online("0");
  machine_.read();
  machine_.counters.keep_only({CpuId{0}});
  const StatSnapshot before = snapshot(kBegun);
  machine_.host.set_online("0-1");
  machine_.open_cpu(CpuId{1});
  const std::string table = table_since(before);
  EXPECT_THAT(table, HasSubstr("CPU 1 came online meanwhile: counted from then on\n"));
  EXPECT_THAT(table, ContainsRegex("\n  cycles +2,000 +2000.0\n"));
}

TEST_F(StatTest, ADifferenceNeverUnderflows) {
  StatSnapshot before = snapshot(kBegun);
  before.events[0].count += 1'000'000;
  EXPECT_THAT(table_since(before), ContainsRegex("\n  cycles +0 +0.0\n"));
}

// One CPU's PMU does not count: the sum is too low by it, and there is no ratio of unlike sums.
TEST_F(StatTest, WhatIsCountedOnSomeCpusOnlySaysOnWhichItIsNot) {
  machine_.host.add_pmu("cpu_atom", 10, "1");
  machine_.counters.keep_only({CpuId{0}});
  machine_.opener.reset();
  machine_.open_cpu(CpuId{1});
  machine_.counters.set_untrusted({{"cpu_atom", {1, 0, 0}}});
  const std::string table = table_since(snapshot(kBegun));
  EXPECT_THAT(table, ContainsRegex("\n  cycles +1,000 +1000.0  partial\n"));
  EXPECT_THAT(table, HasSubstr("\n  cycles not on CPU 1: no data: its PMU does not count right\n"));
  EXPECT_THAT(table, ContainsRegex("\n  instructions +2,000 +2000.0\n"));
  EXPECT_THAT(table, Not(HasSubstr("per cycle")));
}

TEST_F(StatTest, WhatIsCountedNowhereSaysWhy) {
  machine_.counters.set_untrusted({{"", {1, 1, 0}}});
  const std::string untrusted = table_since(snapshot(kBegun));
  EXPECT_THAT(untrusted, ContainsRegex("\n  cycles +no data: its PMU does not count right\n"));
  machine_.kernel.set_read_error(EIO);
  EXPECT_THAT(table_since(snapshot(kBegun)),
              ContainsRegex("\n  page_faults +no data: its readings fail\n"));
}

}  // namespace
}  // namespace perf_exporter
