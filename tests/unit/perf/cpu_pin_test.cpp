#include "perf/cpu_pin.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

namespace perf_exporter {
namespace {

// The CPUs that the calling thread may use.
CpuList own_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  ::sched_getaffinity(0, sizeof mask, &mask);
  CpuList cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) {
      cpus.push_back(CpuId{cpu});
    }
  }
  return cpus;
}

constexpr CpuId kNowhere{1023};  // no test machine has as many

TEST(CpuPin, KeepsTheThreadOnOneCpuAndGivesItsOwnBack) {
  const CpuList before = own_cpus();
  ASSERT_FALSE(before.empty());
  {
    const auto pin = CpuPin::to_one_of({before.back()});
    ASSERT_TRUE(pin) << pin.error().what;
    EXPECT_EQ(pin->cpu(), before.back());
    EXPECT_EQ(own_cpus(), CpuList{before.back()});
    EXPECT_EQ(::sched_getcpu(), to_int(before.back()));
  }
  EXPECT_EQ(own_cpus(), before);
}

TEST(CpuPin, TakesTheFirstThatItMayHave) {
  const CpuList before = own_cpus();
  const auto pin = CpuPin::to_one_of({kNowhere, before.front()});
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->cpu(), before.front());
}

TEST(CpuPin, LeavesTheThreadAsItWasWhereItMayHaveNone) {
  const CpuList before = own_cpus();
  const auto pin = CpuPin::to_one_of({kNowhere});
  ASSERT_FALSE(pin);
  EXPECT_NE(pin.error().what.find("sched_setaffinity"), std::string::npos);
  EXPECT_EQ(own_cpus(), before);
  EXPECT_FALSE(CpuPin::to_one_of({}));
}

TEST(CpuPin, GivesBackOnceThoughItWasMoved) {
  const CpuList before = own_cpus();
  {
    auto pin = CpuPin::to_one_of({before.front()});
    ASSERT_TRUE(pin);
    {
      const CpuPin moved = std::move(*pin);
      EXPECT_EQ(own_cpus(), CpuList{before.front()});
    }
    EXPECT_EQ(own_cpus(), before);
  }
  EXPECT_EQ(own_cpus(), before);
}

TEST(CpuPin, OtherThreadsAreLeftAlone) {
  const CpuList before = own_cpus();
  std::thread([&] {
    const auto pin = CpuPin::to_one_of({before.front()});
    EXPECT_TRUE(pin);
  }).join();
  EXPECT_EQ(own_cpus(), before);
}

}  // namespace
}  // namespace perf_exporter
