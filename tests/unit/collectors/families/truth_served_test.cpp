// From a PMU that lies to the bytes on the wire: what is not true is not there.
#include <gtest/gtest.h>

#include "unit/collectors/counting/machine.h"
#include "unit/collectors/families/served_host.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

bool has_line(const std::string& text, const std::string& start) {
  return ("\n" + text).find("\n" + start) != std::string::npos;
}

std::string status_line(const std::string& event, const std::string& status) {
  return "perf_exporter_event_cpus{event=\"" + event + "\",scope=\"cpu\",status=\"" + status +
         "\"} ";
}

FakePerfKernel::Course own_course(std::uint64_t value) {
  return [value](const perf_event_attr&, int, int) { return FakeCount{value, 300'000, 300'000}; };
}

class TruthServed : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_known_loop()) {
      GTEST_SKIP() << "there is no loop for this architecture";
    }
    machine_.add_pmu("cpu", 4);
  }
  void count_own_task(std::uint64_t cycles, std::uint64_t instructions) {
    kernel_.count(own_task(PERF_COUNT_HW_CPU_CYCLES), own_course(cycles));
    kernel_.count(own_task(PERF_COUNT_HW_INSTRUCTIONS), own_course(instructions));
  }
  std::string served(Aggregate aggregate = Aggregate::cpu) {
    ServedHost host(kernel_, machine_.paths(), aggregate);
    return host.open() ? host.scrape() : "";
  }

  FakePerfKernel kernel_;
  TempHost machine_{"0-1"};
};

TEST_F(TruthServed, APmuThatCountsATenthIsRefused) {
  count_own_task(50'000, kKnownLoopInstructions / 10);
  const std::string text = served();
  for (const std::string event : {"cycles", "instructions", "branches", "cache_misses"}) {
    EXPECT_FALSE(has_line(text, "perf_cpu_" + event + "_total")) << event;
    EXPECT_FALSE(has_line(text, "# TYPE perf_cpu_" + event + "_total")) << event;
    EXPECT_TRUE(has_line(text, status_line(event, "untrusted") + "2")) << event;
    EXPECT_TRUE(has_line(text, status_line(event, "counting") + "0")) << event;
  }
  EXPECT_TRUE(has_line(text, "perf_cpu_page_faults_total{cpu=\"1\"}"));
  EXPECT_TRUE(has_line(text, "perf_exporter_collector_success{collector=\"branch\"} 0"));
  EXPECT_TRUE(has_line(text, "perf_exporter_collector_success{collector=\"software\"} 1"));
  EXPECT_FALSE(has_line(served(Aggregate::node), "perf_node_cycles_total"));
}

TEST_F(TruthServed, CyclesThatStandStillTakeIpcAlongAndNothingElse) {
  count_own_task(0, kKnownLoopInstructions);
  const std::string text = served();
  for (const std::string event : {"cycles", "instructions", "ref_cycles"}) {
    EXPECT_FALSE(has_line(text, "perf_cpu_" + event + "_total")) << event;
    EXPECT_TRUE(has_line(text, status_line(event, "untrusted") + "2")) << event;
  }
  for (const std::string event : {"branches", "branch_misses", "cache_references"}) {
    EXPECT_TRUE(has_line(text, "perf_cpu_" + event + "_total{cpu=\"0\"} 2000")) << event;
  }
}

TEST_F(TruthServed, APmuThatCountsRightIsServedWhole) {
  const std::string text = served();
  for (const std::string event : {"cycles", "instructions", "branches", "cache_misses"}) {
    EXPECT_TRUE(has_line(text, "perf_cpu_" + event + "_total{cpu=\"0\"} 2000")) << event;
  }
}

// As in a cloud guest whose hypervisor accepts the cache events and does not count them.
TEST_F(TruthServed, AnEventThatNeverMovesIsNotServedEvenBeforeItIsCalledSilent) {
  kernel_.count(hardware(), dead_cache_course(20));
  ServedHost host(kernel_, machine_.paths());
  ASSERT_TRUE(host.open());
  const std::string early = host.scrape();
  const std::string late = host.scrape();
  for (const std::string& text : {early, late}) {
    EXPECT_FALSE(has_line(text, "perf_cpu_cache_references_total"));
    EXPECT_FALSE(has_line(text, "perf_cpu_cache_misses_total")) << "misses without references";
    EXPECT_TRUE(has_line(text, "perf_cpu_branches_total{cpu=\"0\"}"));
  }
  EXPECT_FALSE(has_line(early, status_line("cache_references", "silent")));
  EXPECT_TRUE(has_line(late, status_line("cache_references", "silent") + "2"));
  EXPECT_TRUE(has_line(late, status_line("cache_misses", "silent") + "2"));
}

}  // namespace
}  // namespace perf_exporter
