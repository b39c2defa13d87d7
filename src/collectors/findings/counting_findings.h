#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"
#include "collectors/counting/counter_set.h"
#include "collectors/families/counter_table.h"
#include "collectors/findings/sum_findings.h"
#include "collectors/opening/opener.h"
#include "perf/core_pmu.h"

namespace perf_exporter {

// Where an event shares its counter.
struct SharedCounter {
  CpuList cpus;
  std::optional<unsigned> percent;  // of the time: the least on any; nothing where none is known
};

// What opening the wanted events has shown that no trial tells: events unknown to the PMU, limits
// reached, CPUs that are not there, counters shared with others, and counts that are not true.
struct CountingState {
  EventSet events;
  // Events that are not open, by CPU: the kernel's answer.
  std::map<CpuId, std::map<std::size_t, EventRefusal>> refusals;
  // Events that have a counter for a part of the time, and those whose group of all hardware events
  // had.
  std::map<std::size_t, SharedCounter> shared;
  // CPUs whose PMU takes hardware events in parts only, and the first answer to all of them at
  // once.
  CpuList crowded;
  std::string crowd_answer;
  // Events that open and never move, and the CPUs on which.
  std::map<std::size_t, CpuList> silent;
  OpenReport report;
  CpuList cpus;               // all that were looked at
  std::vector<CorePmu> pmus;  // of the machine
  HostFacts facts;            // what the probe knows; else all unknown
  CpuList without_package;    // of `cpus`
  Aggregate aggregate = Aggregate::cpu;
  // Events that are open and have had no counter for a while.
  std::map<std::size_t, CpuList> starved;
  // Events whose readings the kernel goes on refusing, by errno, and those whose readings come
  // short.
  std::map<std::size_t, std::map<int, CpuList>> unread;
  std::map<std::size_t, CpuList> cut_short;
  std::vector<IncompleteSum> incomplete_sums;
};

// The state of a running set of counters; what only the host's files tell is left to the caller.
CountingState counting_state(const Snapshot& now, const OpenReport& report,
                             Aggregate aggregate = Aggregate::cpu);

// Findings about `state`, pure. What the permission probe has found already is not repeated: with a
// missing PMU or a refusal among `probed`, events that are absent for it are left out here.
std::vector<Finding> counting_findings(const CountingState& state,
                                       const std::vector<Finding>& probed);

}  // namespace perf_exporter
