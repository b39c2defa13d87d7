#include "collectors/opening/group_opener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <set>

#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::ElementsAre;
using Names = std::vector<std::string>;

const Names kIpc = {"cycles", "instructions", "ref_cycles"};
const Names kBranches = {"branches", "branch_misses"};
const Names kCache = {"cache_references", "cache_misses"};
const Names kMerged = {"cycles",        "instructions",     "ref_cycles",  "branches",
                       "branch_misses", "cache_references", "cache_misses"};
const Names kSoftware = {"page_faults", "minor_faults", "major_faults", "context_switches",
                         "migrations"};
const Names kWanted = {"cycles",        "instructions",     "ref_cycles",       "branches",
                       "branch_misses", "cache_references", "cache_misses",     "page_faults",
                       "minor_faults",  "major_faults",     "context_switches", "migrations"};

class GroupOpenerTest : public testing::Test {
 protected:
  OpenedCpu open(int cpu = 0, Arrangement arrangement = Arrangement::merged,
                 std::size_t allowance = kPlenty) {
    return opener_->open(Target::of_cpu(CpuId{cpu}), arrangement, allowance);
  }
  std::vector<Names> groups(const OpenedCpu& opened) { return groups_of(events_, opened); }
  Encoding encoding(std::string_view name) { return events_[index_of(events_, name)].encoding; }
  const EventRefusal& refusal(const OpenedCpu& opened, std::string_view name) {
    return opened.refusals.at(index_of(events_, name));
  }

  // Whatever was asked of the kernel: nothing pinned, inherited, or enabled at its opening.
  void TearDown() override {
    for (const SeenOpen& seen : kernel_.opens()) {
      EXPECT_EQ(seen.attr.pinned, 0U);
      EXPECT_EQ(seen.attr.inherit, 0U);
      EXPECT_EQ(seen.attr.exclude_kernel, 0U) << "no silent fall back to user mode";
      EXPECT_EQ(seen.attr.disabled, seen.call.group_fd == -1 ? 1U : 0U);
    }
    EXPECT_EQ(kernel_.enables(), 0U);
    EXPECT_EQ(kernel_.reads(), 0U);
  }

  FakePerfKernel kernel_;
  EventSet events_ = events_named(kWanted);
  std::optional<GroupOpener> opener_{std::in_place, kernel_, events_, std::vector<CorePmu>{},
                                     Guests::include};
};

TEST_F(GroupOpenerTest, MergesHardwareAndKeepsSoftwareApart) {
  const std::size_t before = open_descriptors();
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kMerged));
  EXPECT_FALSE(opened.groups[0].is_merged_hardware);
  EXPECT_TRUE(opened.groups[1].is_merged_hardware);
  EXPECT_TRUE(opened.refusals.empty());
  EXPECT_EQ(open_descriptors(), before + kWanted.size()) << "trials are closed again";
}

TEST_F(GroupOpenerTest, OneSemanticGroupIsNotMerged) {
  events_ = events_named({"cycles", "instructions"});
  opener_.emplace(kernel_, events_, std::vector<CorePmu>{}, Guests::include);
  const OpenedCpu opened = open();
  ASSERT_EQ(opened.groups.size(), 1U);
  EXPECT_FALSE(opened.groups[0].is_merged_hardware);
}

TEST_F(GroupOpenerTest, APmuTooSmallForAllTakesTheSemanticGroupsApart) {
  kernel_.set_group_capacity(4);
  const std::size_t before = open_descriptors();
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kIpc, kBranches, kCache));
  EXPECT_TRUE(opened.refusals.empty());
  EXPECT_FALSE(opened.groups[1].is_merged_hardware);
  EXPECT_EQ(open_descriptors(), before + kWanted.size());
}

TEST_F(GroupOpenerTest, ApartOnDemand) {
  EXPECT_THAT(groups(open(0, Arrangement::apart)), ElementsAre(kSoftware, kIpc, kBranches, kCache));
}

TEST_F(GroupOpenerTest, RefCyclesLeavesItsGroupWhereItDoesNotFit) {
  kernel_.set_group_capacity(2);
  EXPECT_THAT(groups(open()), ElementsAre(kSoftware, Names{"cycles", "instructions"},
                                          Names{"ref_cycles"}, kBranches, kCache));
}

TEST_F(GroupOpenerTest, APmuThatTakesPartsOnlyIsToldOf) {
  EXPECT_FALSE(open().crowded);
  kernel_.set_group_capacity(4);
  const OpenedCpu merged = open();
  ASSERT_TRUE(merged.crowded);
  EXPECT_EQ(merged.crowded->code, EINVAL);
  EXPECT_FALSE(open(0, Arrangement::apart).crowded) << "each semantic group fits";
  kernel_.set_group_capacity(2);
  EXPECT_TRUE(open(0, Arrangement::apart).crowded) << "ref_cycles had to leave its group";
}

TEST_F(GroupOpenerTest, AnEventThatIsRefusedExplainsItsGroup) {
  open(0);
  FakePerfKernel::Match odd = event_at(encoding("branch_misses"));
  odd.cpu = 1;
  kernel_.refuse(odd, EBUSY);
  EXPECT_FALSE(open(1).crowded);
}

// The PMU has one counter.
TEST_F(GroupOpenerTest, APairThatOpensAloneAndNotTogetherIsBusy) {
  kernel_.set_group_capacity(1);
  const std::size_t before = open_descriptors();
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, Names{"ref_cycles"}));
  for (const char* event : {"cycles", "instructions", "branches", "cache_misses"}) {
    EXPECT_EQ(refusal(opened, event).status, EventStatus::busy) << event;
    EXPECT_EQ(refusal(opened, event).obstacle, Obstacle::no_counters) << event;
    EXPECT_EQ(refusal(opened, event).fault.code, EINVAL) << event;
  }
  EXPECT_NE(refusal(opened, "cycles").fault.what.find("cycles, instructions as one group"),
            std::string::npos);
  EXPECT_EQ(open_descriptors(), before + kSoftware.size() + 1);
}

TEST_F(GroupOpenerTest, WhetherAnEventOpensNowIsAskedWithItsPartners) {
  const std::size_t cycles = index_of(events_, "cycles");
  const std::size_t before = open_descriptors();
  kernel_.set_group_capacity(1);
  EXPECT_FALSE(opener_->opens_now(cycles, Target::of_cpu(CpuId{0})));
  EXPECT_TRUE(opener_->opens_now(index_of(events_, "ref_cycles"), Target::of_cpu(CpuId{0})))
      << "goes alone";
  EXPECT_TRUE(opener_->opens_now(index_of(events_, "page_faults"), Target::of_cpu(CpuId{0})));
  kernel_.refuse(event_at(encoding("instructions")), ENOENT);
  opener_.emplace(kernel_, events_, std::vector<CorePmu>{}, Guests::include);
  EXPECT_TRUE(opener_->opens_now(cycles, Target::of_cpu(CpuId{0})))
      << "its partner is not to be had";
  kernel_.count(event_at(encoding("instructions")), {});
  kernel_.set_group_capacity(2);
  opener_->forget_refusals();
  EXPECT_TRUE(opener_->opens_now(cycles, Target::of_cpu(CpuId{0})));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(GroupOpenerTest, AnUnsupportedEventTakesNoOtherAlong) {
  kernel_.refuse(event_at(encoding("ref_cycles")), ENOENT);
  kernel_.refuse(event_at(encoding("cache_misses")), EINVAL);
  kernel_.refuse(event_at(encoding("migrations")), ENOENT);
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened),
              ElementsAre(Names{"page_faults", "minor_faults", "major_faults", "context_switches"},
                          Names{"cycles", "instructions", "branches", "branch_misses",
                                "cache_references"}));
  EXPECT_EQ(opened.refusals.size(), 3U);
  EXPECT_EQ(refusal(opened, "ref_cycles").status, EventStatus::unsupported);
  EXPECT_EQ(refusal(opened, "cache_misses").status, EventStatus::unsupported);
  EXPECT_EQ(refusal(opened, "cache_misses").fault.code, EINVAL);
  EXPECT_EQ(refusal(opened, "migrations").status, EventStatus::unsupported);
}

TEST_F(GroupOpenerTest, WithoutAPmuTheSoftwareEventsCount) {
  kernel_.refuse(hardware(), ENOENT);
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware));
  EXPECT_EQ(opened.refusals.size(), kMerged.size());
}

TEST_F(GroupOpenerTest, ARefusedPermissionIsSaidOfEveryEvent) {
  const std::size_t before = open_descriptors();
  kernel_.refuse({}, EACCES);
  const OpenedCpu opened = open();
  EXPECT_TRUE(opened.groups.empty());
  EXPECT_EQ(opened.refusals.size(), kWanted.size());
  for (const auto& [event, refused] : opened.refusals) {
    EXPECT_EQ(refused.status, EventStatus::refused) << name_of(events_, event);
    EXPECT_EQ(refused.fault.code, EACCES);
  }
  EXPECT_EQ(open_descriptors(), before);
}

// The kernel's own limit is reached in the middle of the merged group.
TEST_F(GroupOpenerTest, EmfileClosesTheHalfOpenedGroupAndTheRestServes) {
  const std::size_t before = open_descriptors();
  kernel_.set_descriptor_limit(kSoftware.size() + kMerged.size() + 3);  // 7 trials, 3 members
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware));
  EXPECT_EQ(open_descriptors(), before + kSoftware.size());
  EXPECT_EQ(opened.refusals.size(), kMerged.size());
  EXPECT_EQ(refusal(opened, "cycles").status, EventStatus::refused);
  EXPECT_EQ(refusal(opened, "cycles").fault.code, EMFILE);
}

TEST_F(GroupOpenerTest, TheAllowanceIsNeverExceeded) {
  const OpenedCpu opened = open(0, Arrangement::merged, kSoftware.size() + kIpc.size() + 1);
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kIpc));
  EXPECT_EQ(refusal(opened, "branches").status, EventStatus::untried);
  EXPECT_EQ(refusal(opened, "branches").fault.code, 0) << "the kernel has not said that";
  EXPECT_TRUE(is_limit(refusal(opened, "branches")));
  const OpenedCpu none = open(0, Arrangement::merged, 0);
  EXPECT_TRUE(none.groups.empty());
  EXPECT_EQ(none.refusals.size(), kWanted.size());
}

TEST_F(GroupOpenerTest, WhatAPmuAnsweredIsNotAskedOnItsNextCpu) {
  kernel_.refuse(event_at(encoding("ref_cycles")), ENOENT);
  open(0);
  const std::size_t first = kernel_.opens().size();
  const OpenedCpu opened = open(1);
  const std::size_t second = kernel_.opens().size() - first;
  EXPECT_EQ(first, 5U + 7U + 6U) << "software, a trial each, the merged group";
  EXPECT_EQ(second, 5U + 6U);
  EXPECT_EQ(refusal(opened, "ref_cycles").status, EventStatus::unsupported);
}

TEST_F(GroupOpenerTest, WhatMayPassIsAskedAgain) {
  FakePerfKernel::Match offline = hardware();
  offline.cpu = 1;
  kernel_.refuse(offline, ENODEV);
  EXPECT_THAT(groups(open(1)), ElementsAre(kSoftware));
  EXPECT_THAT(groups(open(0)), ElementsAre(kSoftware, kMerged));
  kernel_.count(offline, {});
  EXPECT_THAT(groups(open(1)), ElementsAre(kSoftware, kMerged));
}

TEST_F(GroupOpenerTest, ACpuThatRefusesWhatItsPmuTookLosesOnlyThat) {
  open(0);
  FakePerfKernel::Match odd = event_at(encoding("branch_misses"));
  odd.cpu = 1;
  kernel_.refuse(odd, EBUSY);
  const OpenedCpu opened = open(1);
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kIpc, Names{"branches"}, kCache));
  EXPECT_EQ(refusal(opened, "branch_misses").status, EventStatus::busy);
}

// A cgroup on a CPU is opened as the CPU is: the same groups, with its folder in each call.
TEST_F(GroupOpenerTest, ACgroupIsOpenedByItsFolderAndItsCpu) {
  constexpr int kFolder = 77;
  const OpenedCpu opened =
      opener_->open(Target::of_cgroup(kFolder, CpuId{1}), Arrangement::merged, kPlenty);
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kMerged));
  EXPECT_TRUE(opened.refusals.empty());
  ASSERT_EQ(kernel_.opens().size(), kSoftware.size() + 2 * kMerged.size());
  for (const SeenOpen& seen : kernel_.opens()) {
    EXPECT_EQ(seen.call.pid, kFolder);
    EXPECT_EQ(seen.call.flags, static_cast<unsigned long>(PERF_FLAG_PID_CGROUP));
    EXPECT_EQ(seen.call.cpu, 1);
  }
}

// Of any kind: software, a tracepoint, hardware in parts.
TEST_F(GroupOpenerTest, ACgroupsGroupsAreThoseOfACpu) {
  std::vector<Event> wanted(events_.begin(), events_.end());
  wanted.push_back(wanted.back());
  wanted.back().encoding = {PERF_TYPE_TRACEPOINT, 314};
  opener_.emplace(kernel_, EventSet(std::move(wanted)), std::vector<CorePmu>{}, Guests::include);
  kernel_.set_group_capacity(4);
  const OpenedCpu opened =
      opener_->open(Target::of_cgroup(5, CpuId{0}), Arrangement::merged, kPlenty);
  ASSERT_EQ(opened.groups.size(), 5U) << "software, a tracepoint, three semantic groups";
  EXPECT_EQ(opened.groups[1].events, std::vector<std::size_t>{kWanted.size()});
  EXPECT_TRUE(opened.crowded);
}

TEST_F(GroupOpenerTest, WhatWholeCpusAreRefusedIsAskedForACgroup) {
  FakePerfKernel::Match of_cpus = event_at(encoding("branches"));
  of_cpus.pid = -1;
  kernel_.refuse(of_cpus, EACCES);
  EXPECT_EQ(refusal(open(), "branches").status, EventStatus::refused);
  const auto of_cgroup = [&](int folder) {
    return opener_->open(Target::of_cgroup(folder, CpuId{0}), Arrangement::merged, kPlenty);
  };
  EXPECT_TRUE(of_cgroup(5).refusals.empty());
  EXPECT_EQ(refusal(open(), "branches").status, EventStatus::refused);
  EXPECT_TRUE(opener_->opens_now(index_of(events_, "branches"), Target::of_cgroup(5, CpuId{0})));
  EXPECT_FALSE(opener_->opens_now(index_of(events_, "branches"), Target::of_cpu(CpuId{0})));
}

// To a cgroup that has gone the kernel answers ENOENT, as to an event that it lacks.
TEST_F(GroupOpenerTest, ACgroupThatHasGoneSaysNothingOfOthers) {
  FakePerfKernel::Match gone;
  gone.pid = 5;
  kernel_.refuse(gone, ENOENT);
  const auto of_cgroup = [&](int folder) {
    return opener_->open(Target::of_cgroup(folder, CpuId{0}), Arrangement::merged, kPlenty);
  };
  EXPECT_EQ(of_cgroup(5).refusals.size(), kWanted.size());
  EXPECT_TRUE(of_cgroup(6).refusals.empty());
}

class HybridOpenerTest : public GroupOpenerTest {
 protected:
  static constexpr std::uint32_t kCore = 4;
  static constexpr std::uint32_t kAtom = 10;
  void SetUp() override {
    const std::vector<CorePmu> pmus = {{"cpu_atom", kAtom, {CpuId{2}, CpuId{3}}},
                                       {"cpu_core", kCore, {CpuId{0}, CpuId{1}}}};
    opener_.emplace(kernel_, events_, pmus, Guests::include);
  }
  // The PMU types in the configs of the hardware groups that `cpu` was opened with.
  std::set<std::uint64_t> pmu_types_of_members(int cpu) {
    std::set<std::uint64_t> types;
    for (const SeenOpen& seen : kernel_.opens()) {
      if (seen.call.cpu == cpu && seen.call.group_fd != -1 &&
          seen.attr.type != PERF_TYPE_SOFTWARE) {
        types.insert(seen.attr.config >> 32U);
      }
    }
    return types;
  }
};

TEST_F(HybridOpenerTest, AGenericEventNamesThePmuOfItsCpu) {
  EXPECT_THAT(groups(open(0)), ElementsAre(kSoftware, kMerged));
  EXPECT_THAT(groups(open(3)), ElementsAre(kSoftware, kMerged));
  EXPECT_THAT(pmu_types_of_members(0), ElementsAre(kCore));
  EXPECT_THAT(pmu_types_of_members(3), ElementsAre(kAtom));
}

TEST_F(HybridOpenerTest, ACgroupsEventNamesThePmuOfItsCpu) {
  const OpenedCpu opened =
      opener_->open(Target::of_cgroup(5, CpuId{3}), Arrangement::merged, kPlenty);
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kMerged));
  EXPECT_THAT(pmu_types_of_members(3), ElementsAre(kAtom));
}

TEST_F(HybridOpenerTest, FallsBackToThePlainEventWhereTheKernelKnowsNoOther) {
  FakePerfKernel::Match extended;
  extended.where = [](const OpenCall& call) {
    return is_hardware(call) && (call.attr->config >> 32U) != 0;
  };
  kernel_.refuse(extended, EINVAL);
  EXPECT_THAT(groups(open(0)), ElementsAre(kSoftware, kMerged));
  EXPECT_THAT(pmu_types_of_members(0), ElementsAre(0U));
}

TEST_F(HybridOpenerTest, EachPmuAnswersForItself) {
  FakePerfKernel::Match on_atom;
  on_atom.where = [](const OpenCall& call) {
    return is_hardware(call) && call.cpu >= 2 &&
           (call.attr->config & 0xffffffffU) == PERF_COUNT_HW_REF_CPU_CYCLES;
  };
  kernel_.refuse(on_atom, ENOENT);
  EXPECT_TRUE(open(0).refusals.empty());
  EXPECT_EQ(open(2).refusals.size(), 1U);
  EXPECT_EQ(open(3).refusals.size(), 1U);
  EXPECT_TRUE(open(1).refusals.empty());
}

// With all CPUs of the other core type offline, sysfs shows one PMU. A plain event would belong to
// the other.
TEST_F(GroupOpenerTest, TheOnlyCoreTypeThatIsOnlineIsNamedAsWell) {
  constexpr std::uint32_t kAtom = 10;
  opener_.emplace(kernel_, events_, std::vector<CorePmu>{{"cpu_atom", kAtom, {CpuId{0}}}},
                  Guests::include);
  FakePerfKernel::Match plain;
  plain.where = [](const OpenCall& call) {
    return is_hardware(call) && (call.attr->config >> 32U) != kAtom;
  };
  kernel_.refuse(plain, ENOENT);
  EXPECT_THAT(groups(open(0)), ElementsAre(kSoftware, kMerged));
}

// The kernel would open them, and they would stay at 0.
TEST_F(GroupOpenerTest, WhatArmsPmuDoesNotListIsUnsupportedAndNotAskedFor) {
  CorePmu pmu{"armv8_pmuv3_0", 8, {CpuId{0}, CpuId{1}}};
  pmu.events = {"br_mis_pred", "br_retired", "cpu_cycles", "inst_retired", "l1d_cache_refill"};
  opener_.emplace(kernel_, events_, std::vector<CorePmu>{pmu}, Guests::include);
  const OpenedCpu opened = open();
  EXPECT_EQ(refusal(opened, "cache_references").status, EventStatus::unsupported);
  EXPECT_NE(refusal(opened, "cache_references").fault.what.find("l1d_cache"), std::string::npos);
  EXPECT_EQ(opened.refusals.size(), 1U);
  for (const SeenOpen& seen : kernel_.opens()) {
    EXPECT_FALSE(seen.attr.type == PERF_TYPE_HARDWARE &&
                 seen.attr.config == PERF_COUNT_HW_CACHE_REFERENCES);
  }
}

TEST_F(GroupOpenerTest, GuestsAreLeftOutWhereTheKernelWillNotCountThem) {
  FakePerfKernel::Match with_guests;
  with_guests.where = [](const OpenCall& call) {
    return is_hardware(call) && call.attr->exclude_guest == 0;
  };
  kernel_.refuse(with_guests, EOPNOTSUPP);
  EXPECT_EQ(opener_->guests(), Guests::include);
  const OpenedCpu opened = open();
  EXPECT_THAT(groups(opened), ElementsAre(kSoftware, kMerged));
  EXPECT_EQ(opener_->guests(), Guests::exclude);
  for (const SeenOpen& seen : kernel_.opens()) {
    if (seen.attr.type == PERF_TYPE_SOFTWARE) {
      EXPECT_EQ(seen.attr.exclude_guest, 0U);
    } else if (seen.call.group_fd != -1) {
      EXPECT_EQ(seen.attr.exclude_guest, 1U);
    }
  }
}

// exclude_guest means nothing to a software event, and not every kernel takes it there.
TEST_F(GroupOpenerTest, SoftwareEventsAreNeverAskedToLeaveGuestsOut) {
  kernel_.refuse(event_at(encoding("migrations")), ENOENT);  // so that they are tried alone as well
  opener_.emplace(kernel_, events_, std::vector<CorePmu>{}, Guests::exclude);
  open();
  for (const SeenOpen& seen : kernel_.opens()) {
    EXPECT_EQ(seen.attr.exclude_guest, seen.attr.type == PERF_TYPE_SOFTWARE ? 0U : 1U);
  }
}

TEST_F(GroupOpenerTest, AnEventThatIsNotSupportedAtAllLeavesGuestsAsTheyAre) {
  kernel_.refuse(event_at(encoding("ref_cycles")), EOPNOTSUPP);
  const OpenedCpu opened = open();
  EXPECT_EQ(opener_->guests(), Guests::include);
  EXPECT_EQ(refusal(opened, "ref_cycles").status, EventStatus::unsupported);
}

}  // namespace
}  // namespace perf_exporter
