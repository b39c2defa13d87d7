#include "collectors/families/info_metrics.h"

#include <array>
#include <set>
#include <utility>

namespace perf_exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

MetricFamily gauge_family(const char* name, const char* help) {
  return {name, help, prometheus::MetricType::Gauge, {}};
}

void add(MetricFamily& family, std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

template <class Fact>
void add_fact(std::vector<MetricFamily>& families, const char* name, const char* help,
              const std::optional<Fact>& fact) {
  if (fact) {
    families.push_back(gauge_family(name, help));
    add(families.back(), {}, static_cast<double>(*fact));
  }
}

MetricFamily capability_family(const CapabilitySets& sets) {
  constexpr std::array kCapabilities = {std::pair{"PERFMON", Capability::perfmon},
                                        std::pair{"SYS_ADMIN", Capability::sys_admin},
                                        std::pair{"BPF", Capability::bpf}};
  const std::array masks = {
      std::pair{"effective", sets.effective}, std::pair{"permitted", sets.permitted},
      std::pair{"inheritable", sets.inheritable}, std::pair{"bounding", sets.bounding},
      std::pair{"ambient", sets.ambient}};
  MetricFamily family = gauge_family("perf_exporter_capability",
                                     "Whether a capability is in a set of the thread that opens "
                                     "events, as it stands for the opens.");
  for (const auto& [name, capability] : kCapabilities) {
    for (const auto& [set, mask] : masks) {
      add(family, {{"capability", name}, {"set", set}}, (mask & bit(capability)) != 0 ? 1 : 0);
    }
  }
  return family;
}

}  // namespace

MetricFamily build_info(const std::string& version) {
  MetricFamily family = gauge_family("perf_exporter_build_info",
                                     "The version of the exporter and what it was built with.");
  add(family, {{"version", version}, {"compiler", "g++ " __VERSION__}}, 1);
  return family;
}

std::vector<MetricFamily> permission_metrics(const HostFacts& facts,
                                             const std::vector<Finding>& findings) {
  std::vector<MetricFamily> families;
  if (facts.capabilities) {
    families.push_back(capability_family(*facts.capabilities));
  }
  add_fact(families, "perf_exporter_perf_event_paranoid",
           "The sysctl kernel.perf_event_paranoid at the start.", facts.perf_event_paranoid);
  add_fact(families, "perf_exporter_no_new_privs", "Whether no_new_privs is set on the exporter.",
           facts.no_new_privs);
  add_fact(families, "perf_exporter_seccomp_mode",
           "The exporter's seccomp mode: 0 off, 1 strict, 2 filter.", facts.seccomp_mode);
  add_fact(families, "perf_exporter_initial_user_namespace",
           "Whether the exporter runs in the initial user namespace.",
           facts.initial_user_namespace);
  if (!findings.empty()) {
    MetricFamily family = gauge_family(
        "perf_exporter_finding", "What the permission probe and the opening of events found.");
    std::set<std::string> seen;
    for (const Finding& finding : findings) {
      if (seen.insert(finding.id).second) {
        add(family, {{"finding", finding.id}, {"severity", to_text(finding.severity)}}, 1);
      }
    }
    families.push_back(std::move(family));
  }
  return families;
}

MetricFamily cpu_model_info(const std::vector<CpuModel>& models) {
  MetricFamily family =
      gauge_family("perf_cpu_model_info",
                   "The CPU models of this machine; what cache events mean differs between them.");
  for (const CpuModel& model : models) {
    add(family,
        {{"vendor", model.vendor},
         {"family", model.family},
         {"model", model.model},
         {"stepping", model.stepping},
         {"pmu", model.pmu}},
        1);
  }
  return family;
}

std::vector<MetricFamily> counter_info(const Snapshot& now, Aggregate aggregate) {
  MetricFamily groups =
      gauge_family("perf_cpu_group_info", "Which events are counted together, by their leader.");
  std::set<std::pair<std::size_t, std::size_t>> members;
  MetricFamily cpus = gauge_family("perf_cpu_info", "Where a counted CPU sits, and its core PMU.");
  for (const SnapshotRow& row : now.rows()) {
    for (std::size_t event = 0; event < now.events().size(); ++event) {
      if (const auto leader = row.leader_of(event)) {
        members.emplace(*leader, event);
      }
    }
    const CpuInfo& info = row.info();
    add(cpus,
        {{"cpu", std::to_string(to_int(info.cpu))},
         {"core", info.core},
         {"package", info.package},
         {"die", info.die},
         {"numa_node", info.numa_node},
         {"pmu", info.pmu}},
        1);
  }
  for (const auto& [leader, event] : members) {
    add(groups,
        {{"group", std::string(now.events()[leader].name)},
         {"event", std::string(now.events()[event].name)}},
        1);
  }
  std::vector<MetricFamily> families;
  if (!groups.metric.empty()) {
    families.push_back(std::move(groups));
  }
  if (aggregate == Aggregate::cpu && !cpus.metric.empty()) {
    families.push_back(std::move(cpus));
  }
  return families;
}

}  // namespace perf_exporter
