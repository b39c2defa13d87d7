#include "collectors/families/info_metrics.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

// "family label=value ..." to its value.
std::map<std::string, double> samples_of(const std::vector<prometheus::MetricFamily>& families) {
  std::map<std::string, double> samples;
  for (const auto& family : families) {
    EXPECT_EQ(family.type, prometheus::MetricType::Gauge) << family.name;
    EXPECT_EQ(family.help.back(), '.') << family.name;
    for (const auto& metric : family.metric) {
      std::string name = family.name;
      for (const auto& label : metric.label) {
        name += " " + label.name + "=" + label.value;
      }
      EXPECT_TRUE(samples.emplace(name, metric.gauge.value).second) << name << " comes twice";
    }
  }
  return samples;
}

TEST(InfoMetrics, BuildInfoNamesVersionAndCompiler) {
  const auto samples = samples_of({build_info("1.2.3")});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_TRUE(
      samples.begin()->first.starts_with("perf_exporter_build_info version=1.2.3 compiler=g++ "));
  EXPECT_EQ(samples.begin()->second, 1);
}

TEST(InfoMetrics, PermissionsShowEachCapabilityInEachSet) {
  HostFacts facts;
  facts.capabilities = CapabilitySets{};
  facts.capabilities->permitted = bit(Capability::perfmon);
  facts.capabilities->bounding = bit(Capability::perfmon) | bit(Capability::bpf);
  facts.perf_event_paranoid = 3;
  facts.no_new_privs = true;
  facts.seccomp_mode = 2;
  facts.initial_user_namespace = false;
  const auto samples = samples_of(permission_metrics(facts, {}));
  EXPECT_EQ(samples.at("perf_exporter_capability capability=PERFMON set=permitted"), 1);
  EXPECT_EQ(samples.at("perf_exporter_capability capability=PERFMON set=effective"), 0);
  EXPECT_EQ(samples.at("perf_exporter_capability capability=BPF set=bounding"), 1);
  EXPECT_EQ(samples.at("perf_exporter_capability capability=SYS_ADMIN set=bounding"), 0);
  EXPECT_EQ(samples.at("perf_exporter_perf_event_paranoid"), 3);
  EXPECT_EQ(samples.at("perf_exporter_no_new_privs"), 1);
  EXPECT_EQ(samples.at("perf_exporter_seccomp_mode"), 2);
  EXPECT_EQ(samples.at("perf_exporter_initial_user_namespace"), 0);
  EXPECT_EQ(samples.size(), 15U + 4U);
}

TEST(InfoMetrics, UnknownFactsAreAbsent) {
  EXPECT_TRUE(permission_metrics(HostFacts{}, {}).empty());
}

TEST(InfoMetrics, AFindingIsShownOnce) {
  Finding finding;
  finding.id = "no_pmu";
  finding.severity = Severity::warn;
  const auto samples = samples_of(permission_metrics(HostFacts{}, {finding, finding}));
  EXPECT_EQ(
      samples,
      (std::map<std::string, double>{{"perf_exporter_finding finding=no_pmu severity=warn", 1}}));
}

TEST(InfoMetrics, GroupsAndCpusAreTold) {
  Machine machine(events_named({"cycles", "instructions", "page_faults"}));
  machine.host.add_pmu("cpu", 4);
  machine.host.add_topology(0, 0, 0, 0, 0);
  machine.host.add_topology(1, 4, 1, 0, 1);
  machine.open_cpus({CpuId{0}, CpuId{1}});
  const auto now = machine.counters.state();
  const auto samples = samples_of(counter_info(*now, Aggregate::cpu));
  EXPECT_TRUE(samples.contains("perf_cpu_group_info group=cycles event=instructions"));
  EXPECT_TRUE(samples.contains("perf_cpu_group_info group=cycles event=cycles"));
  EXPECT_TRUE(samples.contains("perf_cpu_group_info group=page_faults event=page_faults"));
  EXPECT_TRUE(samples.contains("perf_cpu_info cpu=1 core=4 package=1 die=0 numa_node=1 pmu=cpu"));
  EXPECT_EQ(samples.size(), 5U);
  EXPECT_EQ(samples_of(counter_info(*now, Aggregate::node)).size(), 3U)
      << "independent of the number of CPUs";
}

TEST(InfoMetrics, NothingIsSaidBeforeACpuIsOpen) {
  Machine machine;
  EXPECT_TRUE(counter_info(*machine.counters.state(), Aggregate::cpu).empty());
}

TEST(InfoMetrics, ModelsCarryTheirPmu) {
  const auto samples =
      samples_of({cpu_model_info({{"GenuineIntel", "6", "183", "1", "cpu_atom"}})});
  EXPECT_TRUE(samples.contains(
      "perf_cpu_model_info vendor=GenuineIntel family=6 model=183 stepping=1 pmu=cpu_atom"));
}

}  // namespace
}  // namespace perf_exporter
