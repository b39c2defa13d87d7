#include "collectors/findings/sum_findings.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "collectors/findings/counting_findings.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::IsEmpty;

// Four CPUs in two packages, of which each has one of either core type.
class SumFindings : public testing::Test {
 protected:
  void SetUp() override {
    for (int cpu = 0; cpu < 4; ++cpu) {
      machine_.host.add_topology(cpu, cpu, cpu / 2, 0, 0);
    }
    machine_.host.add_pmu("cpu_core", 4, "0,2");
    machine_.host.add_pmu("cpu_atom", 10, "1,3");
  }
  void count() {
    machine_.open_cpus({CpuId{0}, CpuId{1}, CpuId{2}, CpuId{3}});
    machine_.read();
  }
  [[nodiscard]] std::vector<std::string> evidence(Aggregate aggregate) {
    std::vector<std::string> seen;
    for (const Finding& finding :
         counting_findings(counting_state(*machine_.counters.state(), {}, aggregate), {})) {
      if (finding.id == "sum_incomplete") {
        EXPECT_EQ(finding.severity, Severity::warn);
        seen.push_back(finding.evidence);
      }
    }
    return seen;
  }

  Machine machine_{events_named({"cycles", "instructions", "page_faults"}), "0-3"};
};

TEST_F(SumFindings, ASumOfAllCpusIsNotSpokenOf) {
  count();
  EXPECT_THAT(evidence(Aggregate::node), IsEmpty());
  EXPECT_THAT(evidence(Aggregate::package), IsEmpty());
}

TEST_F(SumFindings, ASumThatLeavesCpusOutNamesThemAndWhy) {
  count();
  machine_.counters.set_untrusted({{"cpu_atom", {1, 1, 0}}});
  EXPECT_THAT(evidence(Aggregate::node),
              testing::ElementsAre("cycles, instructions stand on CPU 0,2: untrusted on CPU 1,3"));
  EXPECT_THAT(
      evidence(Aggregate::package),
      testing::ElementsAre("cycles, instructions of package 0 stand on CPU 0: untrusted on CPU 1; "
                           "cycles, instructions of package 1 stand on CPU 2: untrusted on CPU 3"));
  EXPECT_THAT(evidence(Aggregate::cpu), IsEmpty()) << "each CPU speaks for itself";
  machine_.counters.set_untrusted({});
  machine_.read();
  EXPECT_THAT(evidence(Aggregate::node), IsEmpty());
}

// As the opening thread reports it, before anybody has read.
TEST_F(SumFindings, IsKnownBeforeTheFirstReading) {
  FakePerfKernel::Match refused = event_at({PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS});
  refused.cpu = 3;
  machine_.kernel.refuse(refused, EACCES);
  machine_.open_cpus({CpuId{0}, CpuId{3}});
  EXPECT_THAT(evidence(Aggregate::node),
              testing::ElementsAre("page_faults stands on CPU 0: refused on CPU 3"));
}

TEST_F(SumFindings, EveryReasonIsTold) {
  FakePerfKernel::Match refused = event_at({PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS});
  refused.cpu = 0;
  machine_.kernel.refuse(refused, EACCES);
  FakePerfKernel::Match busy = refused;
  busy.cpu = 1;
  machine_.kernel.refuse(busy, EBUSY);
  FakePerfKernel::Match starving = refused;
  starving.cpu = 2;
  machine_.kernel.count(starving, course(1000, 0));
  count();
  EXPECT_THAT(
      evidence(Aggregate::node),
      testing::ElementsAre("page_faults stands on CPU 3: starved on CPU 2, refused on CPU 0, "
                           "busy on CPU 1"));
  EXPECT_THAT(evidence(Aggregate::package),
              testing::ElementsAre("page_faults of package 1 stands on CPU 3: starved on CPU 2"))
      << "of package 0 there is no sum";
}

TEST_F(SumFindings, CpusWhosePmuLacksTheEventAreNoPartOfIt) {
  FakePerfKernel::Match atom = hardware();
  atom.where = [](const OpenCall& call) { return is_hardware(call) && call.cpu % 2 == 1; };
  machine_.kernel.refuse(atom, ENOENT);
  count();
  EXPECT_EQ(machine_.status(1, "cycles"), EventStatus::unsupported);
  EXPECT_THAT(evidence(Aggregate::node), IsEmpty());
}

TEST_F(SumFindings, WhatIsCountedNowhereIsNoSum) {
  machine_.kernel.refuse({}, EACCES);
  count();
  EXPECT_THAT(incomplete_sums(*machine_.counters.state(), Aggregate::node), IsEmpty());
}

}  // namespace
}  // namespace perf_exporter
