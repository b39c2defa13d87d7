#include "perf/event_attr.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

const EventSpec kCycles{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};

TEST(EventAttr, OnlyTheLeaderIsDisabled) {
  EXPECT_EQ(counting_attr(kCycles, GroupRole::leader, Guests::include).disabled, 1U);
  EXPECT_EQ(counting_attr(kCycles, GroupRole::member, Guests::include).disabled, 0U);
}

TEST(EventAttr, CountsKernelAndUserAndNeverPinsOrInherits) {
  for (const GroupRole role : {GroupRole::leader, GroupRole::member}) {
    const perf_event_attr attr = counting_attr(kCycles, role, Guests::include);
    EXPECT_EQ(attr.pinned, 0U);
    EXPECT_EQ(attr.exclusive, 0U);
    EXPECT_EQ(attr.inherit, 0U);
    EXPECT_EQ(attr.exclude_kernel, 0U);
    EXPECT_EQ(attr.exclude_user, 0U);
    EXPECT_EQ(attr.exclude_hv, 0U);
    EXPECT_EQ(attr.exclude_idle, 0U);
    EXPECT_EQ(attr.sample_period, 0U);
  }
}

TEST(EventAttr, IsReadAsAGroupWithIdsAndBothTimes) {
  const perf_event_attr attr = counting_attr(kCycles, GroupRole::leader, Guests::include);
  EXPECT_EQ(attr.size, sizeof(perf_event_attr));
  EXPECT_EQ(attr.type, PERF_TYPE_HARDWARE);
  EXPECT_EQ(attr.config, PERF_COUNT_HW_CPU_CYCLES);
  EXPECT_EQ(attr.read_format, PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                                  PERF_FORMAT_TOTAL_TIME_RUNNING);
}

TEST(EventAttr, HasAllConfigs) {
  const EventSpec spec{PERF_TYPE_RAW, 0x1b7, 0x10001, 7};
  const perf_event_attr attr = counting_attr(spec, GroupRole::leader, Guests::include);
  EXPECT_EQ(attr.config1, 0x10001U);
  EXPECT_EQ(attr.config2, 7U);
  EXPECT_EQ(on_pmu({PERF_TYPE_HARDWARE, 1, 2, 3}, 4),
            (EventSpec{PERF_TYPE_HARDWARE, 0x400000001, 2, 3}));
}

TEST(EventAttr, GuestsAreExcludedOnlyOnDemand) {
  EXPECT_EQ(counting_attr(kCycles, GroupRole::leader, Guests::include).exclude_guest, 0U);
  EXPECT_EQ(counting_attr(kCycles, GroupRole::leader, Guests::exclude).exclude_guest, 1U);
}

TEST(EventAttr, TheOwnTaskIsCountedInUserModeAloneAndNeverAsAGuest) {
  for (const GroupRole role : {GroupRole::leader, GroupRole::member}) {
    const perf_event_attr attr = own_task_attr(kCycles, role);
    EXPECT_EQ(attr.exclude_kernel, 1U);
    EXPECT_EQ(attr.exclude_hv, 1U);
    EXPECT_EQ(attr.exclude_guest, 1U);
    EXPECT_EQ(attr.exclude_user, 0U);
    EXPECT_EQ(attr.pinned, 0U);
    EXPECT_EQ(attr.inherit, 0U);
    EXPECT_EQ(attr.disabled, role == GroupRole::leader ? 1U : 0U);
    EXPECT_EQ(attr.read_format, counting_attr(kCycles, role, Guests::exclude).read_format);
  }
}

TEST(EventAttr, APmuGoesIntoTheUpperHalfOfGenericEvents) {
  constexpr std::uint32_t kAtom = 10;
  EXPECT_EQ(on_pmu({PERF_TYPE_HARDWARE, 1}, kAtom),
            (EventSpec{PERF_TYPE_HARDWARE, (std::uint64_t{10} << 32U) | 1}));
  EXPECT_EQ(on_pmu({PERF_TYPE_HW_CACHE, 0x10002}, kAtom),
            (EventSpec{PERF_TYPE_HW_CACHE, (std::uint64_t{10} << 32U) | 0x10002}));
  EXPECT_EQ(on_pmu({PERF_TYPE_SOFTWARE, 2}, kAtom), (EventSpec{PERF_TYPE_SOFTWARE, 2}));
  EXPECT_EQ(on_pmu({PERF_TYPE_RAW, 0xc0}, kAtom), (EventSpec{PERF_TYPE_RAW, 0xc0}));
}

}  // namespace
}  // namespace perf_exporter
