#include "unit/caps/probe/diagnosis_rows.h"

namespace perf_exporter {
namespace {

constexpr Wanted kCgroups = {Want::no, Want::yes, Want::yes, Want::yes};
constexpr const char* kNoState = "EINVAL EFAULT OK OK OK OK OK OK ENOENT";

void allow(HostFacts& facts) {
  grant(facts, kPerfmonBit);
}

constexpr Row kRows[] = {
    {"cgroup_opens", kHost, allow, "EINVAL EFAULT OK OK OK OK OK OK OK", "ok:permitted", kCgroups},
    {"cgroups_not_wanted", kHost,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.root_delegates = false;
     },
     kNoState, "ok:permitted"},
    {"v1_hierarchy_and_v2_directory", kDebianVm,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.perf_hierarchy = PerfHierarchy::v1;
     },
     kNoState, "fail:cgroup_other_hierarchy", kCgroups},
    {"cgroup_disable", kDebianVm,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.perf_hierarchy = PerfHierarchy::disabled;
     },
     kNoState, "fail:cgroup_perf_disabled", kCgroups},
    {"root_never_delegated", kDebianVm,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.root_delegates = false;
     },
     kNoState, "fail:cgroup_root_never_delegated", kCgroups},
    {"cgroup_disable_and_the_root", kDebianVm,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.perf_hierarchy = PerfHierarchy::disabled;
       f.cgroups.trial_is_root = true;
     },
     "EINVAL EFAULT OK OK OK OK OK OK OK", "fail:cgroup_perf_disabled", kCgroups},
    {"root_alone_does_not_tell_about_delegation", kDebianVm,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.root_delegates = false;
       f.cgroups.trial_is_root = true;
     },
     "EINVAL EFAULT OK OK OK OK OK OK OK", "unknown:cgroup_root_never_delegated ok:permitted",
     kCgroups},
    {"no_cause_is_left", kRule, allow, kNoState, "fail:unexplained_refusal", kCgroups},
    {"not_a_cgroup", kHost, allow, "EINVAL EFAULT OK OK OK OK OK OK EBADF",
     "fail:cgroup_wrong_path", kCgroups},
    {"kernel_without_it", kSource,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.perf_hierarchy = PerfHierarchy::none;
     },
     "EINVAL EFAULT OK OK OK OK OK OK EINVAL", "fail:cgroup_kernel_lacks_perf", kCgroups},
    {"nothing_mounted", kHost,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.mode = CgroupMode::none;
     },
     kAllowed, "fail:cgroup_not_mounted", kCgroups},
    {"namespace_shows_a_part", kHost,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.shows_all = false;
     },
     "EINVAL EFAULT OK OK OK OK OK OK OK", "warn:cgroup_view_partial ok:permitted", kCgroups},
    {"own_cgroup_as_the_root_of_a_view_is_not_the_root", kHost,
     [](HostFacts& f) {
       allow(f);
       f.cgroups.shows_all = false;
       f.cgroups.trial_is_root = true;
       f.cgroups.root_delegates = false;
     },
     "EINVAL EFAULT OK OK OK OK OK OK OK", "warn:cgroup_view_partial ok:permitted", kCgroups},
    {"no_capability_either", kHost, nothing,
     "EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK EACCES",
     "fail:file_capability_missing warn:paranoid_restricts", kCgroups},
};

}  // namespace

std::span<const Row> cgroup_rows() {
  return kRows;
}

TEST(CgroupTrial, ThatCouldNotBeOpenedIsTold) {
  HostFacts facts = plain_facts();
  allow(facts);
  Trials trials = trials_of("EINVAL EFAULT OK OK OK OK OK OK");
  trials.cgroup = "/sys/fs/cgroup/a";
  trials.cgroup_open_error = EACCES;
  EXPECT_EQ(ids_of(diagnose(facts, trials, kCgroups)), "fail:cgroup_unreadable");
  trials.cgroup_open_error = ENOENT;
  EXPECT_EQ(ids_of(diagnose(facts, trials, kCgroups)), "unknown:cgroup_removed ok:permitted");
}

TEST(CgroupTrial, ThatWentAwayMeanwhileIsTold) {
  HostFacts facts = plain_facts();
  allow(facts);
  Trials trials = trials_of(kNoState);
  trials.cgroup_removed = true;
  EXPECT_EQ(ids_of(diagnose(facts, trials, kCgroups)), "unknown:cgroup_removed ok:permitted");
}

}  // namespace perf_exporter
