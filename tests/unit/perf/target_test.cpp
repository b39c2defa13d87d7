// What a target and an encoding make of perf_event_open(2)'s arguments.
#include "perf/target.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

const Encoding kCycles{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};
const Target kCpu = Target::of_cpu(CpuId{3});

perf_event_attr attr_of(const Encoding& encoding, GroupRole role = GroupRole::leader) {
  return OpenArguments(encoding, role, kCpu).attr;
}

TEST(OpenArguments, OnlyTheLeaderIsDisabled) {
  EXPECT_EQ(attr_of(kCycles, GroupRole::leader).disabled, 1U);
  EXPECT_EQ(attr_of(kCycles, GroupRole::member).disabled, 0U);
}

TEST(OpenArguments, CountKernelAndUserAndNeverPinOrInherit) {
  for (const GroupRole role : {GroupRole::leader, GroupRole::member}) {
    const perf_event_attr attr = attr_of(kCycles, role);
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

TEST(OpenArguments, AskForAReadingAsAGroupWithIdsAndBothTimes) {
  const perf_event_attr attr = attr_of(kCycles);
  EXPECT_EQ(attr.size, sizeof(perf_event_attr));
  EXPECT_EQ(attr.type, PERF_TYPE_HARDWARE);
  EXPECT_EQ(attr.config, PERF_COUNT_HW_CPU_CYCLES);
  EXPECT_EQ(attr.read_format, PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                                  PERF_FORMAT_TOTAL_TIME_RUNNING);
}

TEST(OpenArguments, HoldAllConfigsAndTheLeader) {
  const OpenArguments arguments({PERF_TYPE_RAW, 0x1b7, 0x10001, 7}, GroupRole::member, kCpu);
  const OpenCall call = arguments.call(42);
  EXPECT_EQ(call.attr, &arguments.attr);
  EXPECT_EQ(call.attr->config1, 0x10001U);
  EXPECT_EQ(call.attr->config2, 7U);
  EXPECT_EQ(call.group_fd, 42);
  EXPECT_EQ(arguments.call().group_fd, -1);
}

TEST(OpenArguments, GuestsAreExcludedOnlyOnDemand) {
  EXPECT_EQ(attr_of(kCycles).exclude_guest, 0U);
  EXPECT_EQ(attr_of(with_guests(kCycles, Guests::exclude)).exclude_guest, 1U);
  EXPECT_EQ(with_guests(with_guests(kCycles, Guests::exclude), Guests::include), kCycles);
}

TEST(OpenArguments, UserModeIsCountedAloneAndNeverAsAGuest) {
  const perf_event_attr attr = attr_of(in_user_mode(kCycles));
  EXPECT_EQ(attr.exclude_kernel, 1U);
  EXPECT_EQ(attr.exclude_hv, 1U);
  EXPECT_EQ(attr.exclude_guest, 1U);
  EXPECT_EQ(attr.exclude_user, 0U);
}

struct Aim {
  Target target;
  pid_t pid;
  int cpu;
  unsigned long flags;
  bool inherits;
  bool outlives_its_cpu;
  bool always_runs;
};

TEST(Target, EachKindHasItsArgumentsAndItsLife) {
  constexpr int kFolder = 17;
  constexpr pid_t kTask = 4711;
  const Aim aims[] = {
      {Target::of_cpu(CpuId{3}), -1, 3, 0, false, false, true},
      {Target::of_unit(CpuId{2}), -1, 2, 0, false, true, true},
      {Target::of_cgroup(kFolder, CpuId{0}), kFolder, 0, PERF_FLAG_PID_CGROUP, false, false, false},
      {Target::of_task(kTask, Children::left_out), kTask, -1, 0, false, true, false},
      {Target::of_task(kTask, Children::counted), kTask, -1, 0, true, true, false},
      {Target::of_own_task(), 0, -1, 0, false, true, false},
      {Target::of_own_task(CpuId{5}), 0, 5, 0, false, true, false},
  };
  for (const Aim& aim : aims) {
    const OpenArguments arguments(kCycles, GroupRole::leader, aim.target);
    SCOPED_TRACE(testing::Message() << "pid " << aim.pid << ", CPU " << aim.cpu);
    const OpenCall call = arguments.call();
    EXPECT_EQ(call.pid, aim.pid);
    EXPECT_EQ(call.cpu, aim.cpu);
    EXPECT_EQ(call.flags, aim.flags);
    EXPECT_EQ(arguments.attr.inherit, aim.inherits ? 1U : 0U);
    EXPECT_EQ(aim.target.cpu().has_value(), aim.cpu >= 0);
    EXPECT_EQ(aim.target.outlives_its_cpu(), aim.outlives_its_cpu);
    EXPECT_EQ(aim.target.always_runs(), aim.always_runs);
  }
}

TEST(Target, IsAValueThatTellsItselfFromOthers) {
  EXPECT_EQ(Target::of_cpu(CpuId{1}), Target::of_cpu(CpuId{1}));
  EXPECT_NE(Target::of_cpu(CpuId{1}), Target::of_unit(CpuId{1}));
  EXPECT_NE(Target::of_cgroup(4, CpuId{1}), Target::of_cgroup(5, CpuId{1}));
  EXPECT_NE(Target::of_task(4, Children::counted), Target::of_task(4, Children::left_out));
}

TEST(Encoding, APmuGoesIntoTheUpperHalfOfGenericEvents) {
  constexpr std::uint32_t kAtom = 10;
  constexpr std::uint64_t kUpper = std::uint64_t{10} << 32U;
  EXPECT_EQ(on_pmu({PERF_TYPE_HARDWARE, 1, 2, 3}, kAtom),
            (Encoding{PERF_TYPE_HARDWARE, kUpper | 1, 2, 3}));
  EXPECT_EQ(on_pmu({PERF_TYPE_HW_CACHE, 0x10002}, kAtom),
            (Encoding{PERF_TYPE_HW_CACHE, kUpper | 0x10002}));
  EXPECT_EQ(on_pmu({PERF_TYPE_SOFTWARE, 2}, kAtom), (Encoding{PERF_TYPE_SOFTWARE, 2}));
  EXPECT_EQ(on_pmu({PERF_TYPE_RAW, 0xc0}, kAtom), (Encoding{PERF_TYPE_RAW, 0xc0}));
  EXPECT_EQ(on_pmu(in_user_mode(kCycles), kAtom).modes, in_user_mode(kCycles).modes);
}

TEST(Encoding, TellsItsKindOfPmu) {
  EXPECT_EQ(pmu_kind(kCycles), PmuKind::core);
  EXPECT_EQ(pmu_kind({PERF_TYPE_HW_CACHE, 0}), PmuKind::core);
  EXPECT_EQ(pmu_kind({PERF_TYPE_RAW, 0xc0}), PmuKind::core);
  EXPECT_EQ(pmu_kind({PERF_TYPE_SOFTWARE, 2}), PmuKind::software);
  EXPECT_EQ(pmu_kind({PERF_TYPE_TRACEPOINT, 2}), PmuKind::tracepoint);
}

}  // namespace
}  // namespace perf_exporter
