// Of series that sum CPUs up: on which CPUs they stand.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"
#include "collectors/counting/counter_set.h"
#include "collectors/families/counter_table.h"

namespace perf_exporter {

// A sum of events that leaves out CPUs: its rate is too low by what these would count. CPUs whose
// PMU has no such event are no part of it.
struct IncompleteSum {
  std::vector<std::size_t> events;         // the indices of those for which all below is the same
  std::string package;                     // empty: the sum of the whole machine
  CpuList counted_on;                      // where they count
  std::map<EventStatus, CpuList> lacking;  // where they don't, by their status there
};

// The incomplete sums; none where CPUs are kept apart. An event that is open takes part while it
// can't be told yet whether it counts.
std::vector<IncompleteSum> incomplete_sums(const Snapshot& now, Aggregate aggregate);

// `sum_incomplete`, which names events, CPUs and why; `sums` must not be empty.
Finding sum_finding(const std::vector<IncompleteSum>& sums, const EventSet& events,
                    const HostFacts& facts);

}  // namespace perf_exporter
