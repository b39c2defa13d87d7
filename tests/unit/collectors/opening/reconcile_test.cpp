#include "collectors/opening/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "collectors/opening/descriptor_budget.h"

namespace perf_exporter {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kMerged = Arrangement::merged;
constexpr auto kApart = Arrangement::apart;

Target cpu(int number) {
  return Target::of_cpu(CpuId{number});
}
std::vector<Target> cpus(const std::vector<int>& numbers) {
  std::vector<Target> targets;
  for (const int number : numbers) {
    targets.push_back(cpu(number));
  }
  return targets;
}

// "open 2 merged missing": a step in words.
std::string in_words(const Step& step) {
  const std::string what = step.what == Step::What::close  ? "close"
                           : step.what == Step::What::open ? "open"
                                                           : "reopen";
  const std::string why = step.why == Step::Why::unwanted  ? "unwanted"
                          : step.why == Step::Why::missing ? "missing"
                          : step.why == Step::Why::waiting ? "waiting"
                          : step.why == Step::Why::unlike  ? "unlike"
                                                           : "asking";
  std::string events;
  for (const std::size_t event : step.events) {
    events += " " + std::to_string(event);
  }
  const std::string kind = step.target.kind() == Target::Kind::cgroup ? "cgroup on " : "";
  const int number = step.target.cpu() ? to_int(*step.target.cpu()) : -1;
  return what + " " + kind + std::to_string(number) +
         (step.arrangement == kApart ? " apart " : " ") + why + events;
}

std::vector<std::string> steps(const Standing& standing) {
  std::vector<std::string> words;
  for (const Step& step : reconcile(standing)) {
    words.push_back(in_words(step));
  }
  return words;
}

TEST(WantedTargets, AreTheChosenCpusThatAreOnline) {
  const CpuList online = {CpuId{0}, CpuId{2}, CpuId{5}};
  EXPECT_EQ(wanted_targets(online, online), cpus({0, 2, 5}));
  EXPECT_EQ(wanted_targets(online, {CpuId{2}, CpuId{7}}), cpus({2}));
  EXPECT_THAT(wanted_targets({}, online), IsEmpty());
  EXPECT_THAT(wanted_targets(online, {}), IsEmpty());
}

TEST(Reconcile, NothingIsToBeDoneWhereAllThatIsWantedIsOpen) {
  EXPECT_THAT(steps({}), IsEmpty());
  EXPECT_THAT(steps({.wanted = cpus({0, 1}), .open = cpus({1, 0})}), IsEmpty());
}

TEST(Reconcile, TheFirstPassOpensAllInTheirOrder) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 8})}),
              ElementsAre("open 0 missing", "open 1 missing", "open 8 missing"));
}

TEST(Reconcile, WhatGoesIsClosedBeforeWhatComesIsOpened) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2}), .open = cpus({0, 2, 3, 4})}),
              ElementsAre("close 3 unwanted", "close 4 unwanted", "open 1 missing"));
}

TEST(Reconcile, TargetsOfACpuAreApart) {
  const Target first = Target::of_cgroup(5, CpuId{0});
  const Target second = Target::of_cgroup(6, CpuId{0});
  EXPECT_THAT(steps({.wanted = {cpu(0), second}, .open = {cpu(0), first}}),
              ElementsAre("close cgroup on 0 unwanted", "open cgroup on 0 missing"));
  EXPECT_EQ(reconcile({.wanted = {cpu(0), second}, .open = {cpu(0), first}}).back().target, second);
}

TEST(Reconcile, WhatIsOpenedAnewComesAfterWhatIsMissing) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2, 3, 4}),
                     .open = cpus({0, 1, 2, 3}),
                     .waiting = {{cpu(3), kMerged, {1, 4}}, {cpu(0), kMerged, {7}}},
                     .unlike = {{cpu(2), kApart}},
                     .asking = {{cpu(1), kApart}}}),
              ElementsAre("open 4 missing", "reopen 3 waiting 1 4", "reopen 0 waiting 7",
                          "reopen 2 apart unlike", "reopen 1 apart asking"));
}

TEST(Reconcile, ATargetHasOneStep) {
  EXPECT_THAT(steps({.waiting = {{cpu(0), kMerged, {1}}, {cpu(1), kMerged, {1}}},
                     .unlike = {{cpu(0), kMerged}},
                     .asking = {{cpu(0), kApart}}}),
              ElementsAre("reopen 1 waiting 1", "reopen 0 apart asking"))
      << "as it asks for";
  EXPECT_THAT(steps({.waiting = {{cpu(0), kMerged, {1}}}, .unlike = {{cpu(0), kApart}}}),
              ElementsAre("reopen 0 apart unlike"))
      << "in any case";
  EXPECT_THAT(steps({.open = cpus({0}), .asking = {{cpu(0), kApart}}}),
              ElementsAre("close 0 unwanted"));
}

// What is left of a pass that succeeded in part, and what the next one makes of it.
TEST(Reconcile, OneCpuOfManyThatRefusesWaitsAlone) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2}),
                     .open = cpus({0, 1, 2}),
                     .waiting = {{cpu(1), kMerged, {0, 2}}}}),
              ElementsAre("reopen 1 waiting 0 2"));
}

TEST(Reconcile, ACpuThatWentOfflineMidwayIsMissingOnceItIsWantedAgain) {
  EXPECT_THAT(steps({.wanted = cpus({0, 2}), .open = cpus({0, 2})}), IsEmpty());
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2}), .open = cpus({0, 2})}),
              ElementsAre("open 1 missing"));
}

TEST(Reconcile, APassThatWasStoppedIsGoneOnWith) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2}), .open = cpus({0})}),
              ElementsAre("open 1 missing", "open 2 missing"));
}

TEST(Reconcile, GuestsRefusedMidwayReopenThoseThatWereOpenAsTheyWere) {
  EXPECT_THAT(steps({.wanted = cpus({0, 1, 2}),
                     .open = cpus({0, 1, 2}),
                     .unlike = {{cpu(0), kMerged}, {cpu(1), kApart}}}),
              ElementsAre("reopen 0 unlike", "reopen 1 apart unlike"));
}

struct Retry {
  const char* what;
  EventRefusal refusal;
  Pmus pmus;
  std::size_t left;
  bool expected;
};

TEST(MayOpenNow, ByWhatWasRefusedAndWhatHasChanged) {
  constexpr std::size_t kNeeded = 12;
  const EventRefusal no_room = {EventStatus::untried, {0, "no room"}, Obstacle::no_room};
  const EventRefusal full = {EventStatus::refused, {EMFILE, "open"}};
  const EventRefusal lacks = {EventStatus::unsupported, {ENOENT, "open"}};
  const EventRefusal denied = {EventStatus::refused, {EACCES, "open"}};
  const EventRefusal busy = {EventStatus::busy, {EINVAL, "open"}, Obstacle::no_counters};
  const Retry rows[] = {
      {"the allowance is used up half way", no_room, Pmus::as_before, 0, false},
      {"too little of it has come back", no_room, Pmus::as_before, kNeeded - 1, false},
      {"another PMU makes no room", no_room, Pmus::changed, kNeeded - 1, false},
      {"a CPU that went has given it back", no_room, Pmus::as_before, kNeeded, true},
      {"the kernel's limit, and no room", full, Pmus::as_before, 0, false},
      {"the kernel's limit, and room", full, Pmus::as_before, kNeeded, true},
      {"the PMU lacks it", lacks, Pmus::as_before, kNeeded, false},
      {"another PMU may have it", lacks, Pmus::changed, 0, true},
      {"a permission may be given", denied, Pmus::as_before, 0, true},
      {"counters may come free", busy, Pmus::as_before, 0, true},
  };
  for (const Retry& row : rows) {
    EXPECT_EQ(may_open_now(row.refusal, row.pmus, row.left, kNeeded), row.expected) << row.what;
  }
}

TEST(DescriptorBudget, IsCountedByWhatEachStepTookAndGaveBack) {
  DescriptorBudget budget(30, 0);
  budget.note(0, 12);
  budget.note(0, 12);
  EXPECT_EQ(budget.left(), 6U) << "used up half way of the third";
  EXPECT_TRUE(budget.has_room_beside(0));
  EXPECT_FALSE(budget.has_room_beside(12)) << "for old and new at once";
  budget.note(12, 0);
  EXPECT_EQ(budget.left(), 18U) << "the old are closed first";
  budget.note(0, 5);
  EXPECT_EQ(budget.left(), 13U) << "a part was refused";
  EXPECT_TRUE(budget.has_room_beside(12));
  budget.note(5, 5);
  EXPECT_EQ(budget.left(), 13U) << "a call hangs: all stays as it is";
}

TEST(DescriptorBudget, WhereMoreIsOpenThanIsAllowedNothingIsLeft) {
  const DescriptorBudget budget(10, 12);
  EXPECT_EQ(budget.left(), 0U);
  EXPECT_FALSE(budget.has_room_beside(0));
}

}  // namespace
}  // namespace perf_exporter
