#include "caps/facts/cgroup_facts.h"

#include <gmock/gmock.h>

#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

using testing::Optional;

constexpr const char* kHeader = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";

class CgroupsOf : public testing::Test {
 protected:
  void add_v2(const std::string& directory) {
    host_.write_sys("fs/cgroup/" + directory + "/cgroup.controllers", "cpu pids\n");
    host_.write_sys("fs/cgroup/" + directory + "/cgroup.procs", "");
  }
  void add_v1(const std::string& directory) {
    host_.write_sys("fs/cgroup/" + directory + "/cgroup.procs", "");
  }
  void perf_row(const char* row) {
    host_.write_proc("cgroups", std::string(kHeader) + "cpu\t0\t9\t1\n" + row);
  }
  [[nodiscard]] CgroupFacts found() const { return find_cgroups(host_.paths()); }
  [[nodiscard]] std::filesystem::path at(const char* directory) const {
    return host_.paths().cgroupfs / directory;
  }

  TempHost host_;
};

TEST_F(CgroupsOf, TheUnifiedHierarchy) {
  add_v2("");
  add_v2("system.slice/a.service");
  host_.write_sys("fs/cgroup/cgroup.subtree_control", "cpu pids\n");
  host_.write_proc("self/cgroup", "0::/system.slice/a.service\n");
  perf_row("perf_event\t0\t9\t1\n");
  const CgroupFacts facts = found();
  EXPECT_THAT(facts.mode, Optional(CgroupMode::v2));
  EXPECT_THAT(facts.perf_hierarchy, Optional(PerfHierarchy::v2));
  EXPECT_THAT(facts.root_delegates, Optional(true));
  EXPECT_THAT(facts.shows_all, Optional(true));
  EXPECT_THAT(facts.trial_directory, Optional(at("system.slice/a.service")));
}

TEST_F(CgroupsOf, AHybridHostHasItsUnifiedTreeApart) {
  add_v1("pids");
  add_v2("unified");
  add_v2("unified/payload");
  host_.write_sys("fs/cgroup/unified/cgroup.subtree_control", "\n");
  host_.write_proc("self/cgroup", "8:pids:/\n0::/\n");
  perf_row("perf_event\t0\t1\t1\n");
  const CgroupFacts facts = found();
  EXPECT_THAT(facts.mode, Optional(CgroupMode::hybrid));
  EXPECT_THAT(facts.root_delegates, Optional(false));
  EXPECT_THAT(facts.trial_directory, Optional(at("unified/payload")))
      << "the root itself has perf state in any case";
  EXPECT_FALSE(facts.trial_is_root);
}

TEST_F(CgroupsOf, PerfEventsOwnV1HierarchyIsTheOneToTry) {
  add_v1("perf_event");
  add_v1("perf_event/docker");
  host_.write_sys("fs/cgroup/perf_event/release_agent", "");
  host_.write_proc("self/cgroup", "9:cpuset,perf_event:/docker\n");
  perf_row("perf_event\t9\t3\t1\n");
  const CgroupFacts facts = found();
  EXPECT_THAT(facts.mode, Optional(CgroupMode::v1));
  EXPECT_THAT(facts.perf_hierarchy, Optional(PerfHierarchy::v1));
  EXPECT_EQ(facts.root_delegates, std::nullopt);
  EXPECT_THAT(facts.shows_all, Optional(true));
  EXPECT_THAT(facts.trial_directory, Optional(at("perf_event/docker")));
}

TEST_F(CgroupsOf, AV1HierarchyThatIsNotMountedLeavesTheUnifiedOne) {
  add_v2("");
  perf_row("perf_event\t9\t3\t1\n");
  EXPECT_THAT(found().perf_hierarchy, Optional(PerfHierarchy::v1));
  EXPECT_THAT(found().trial_directory, Optional(host_.paths().cgroupfs));
  EXPECT_TRUE(found().trial_is_root);
}

TEST_F(CgroupsOf, SwitchedOffOrMissingInTheKernel) {
  perf_row("perf_event\t0\t1\t0\n");
  EXPECT_THAT(found().perf_hierarchy, Optional(PerfHierarchy::disabled));
  perf_row("");
  EXPECT_THAT(found().perf_hierarchy, Optional(PerfHierarchy::none));
}

TEST_F(CgroupsOf, ANamespaceShowsAPart) {
  add_v2("");
  host_.write_sys("fs/cgroup/cgroup.type", "domain\n");
  EXPECT_THAT(found().shows_all, Optional(false));
}

TEST_F(CgroupsOf, APathOutsideTheMountIsNotFollowed) {
  add_v2("");
  host_.write_proc("self/cgroup", "0::/../other\n");
  EXPECT_THAT(found().trial_directory, Optional(host_.paths().cgroupfs));
}

TEST_F(CgroupsOf, NothingMounted) {
  EXPECT_EQ(found().mode, std::nullopt) << "no directory";
  host_.write_sys("fs/cgroup/some_file", "");
  EXPECT_THAT(found().mode, Optional(CgroupMode::none));
  EXPECT_EQ(found().trial_directory, std::nullopt);
  EXPECT_EQ(found().perf_hierarchy, std::nullopt) << "no /proc/cgroups";
}

}  // namespace
}  // namespace perf_exporter
