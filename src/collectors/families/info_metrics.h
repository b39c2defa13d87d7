// The families of InfoFamilies: facts that change rarely, as prometheus-cpp's types.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"
#include "collectors/counting/counter_set.h"
#include "collectors/families/counter_table.h"
#include "host/topology.h"

namespace perf_exporter {

// perf_exporter_build_info{version,compiler}.
prometheus::MetricFamily build_info(const std::string& version);

// perf_exporter_capability, _perf_event_paranoid, _no_new_privs, _seccomp_mode,
// _initial_user_namespace and _finding. A fact that is unknown has no family.
std::vector<prometheus::MetricFamily> permission_metrics(const HostFacts& facts,
                                                         const std::vector<Finding>& findings);

// perf_cpu_model_info{vendor,family,model,stepping,pmu}.
prometheus::MetricFamily cpu_model_info(const std::vector<CpuModel>& models);

// perf_cpu_info of every counted CPU, unless CPUs are summed up, and
// perf_cpu_group_info{group,event}: which events are counted together, on any CPU.
std::vector<prometheus::MetricFamily> counter_info(const Snapshot& now, Aggregate aggregate);

}  // namespace perf_exporter
