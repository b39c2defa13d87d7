#pragma once

#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"
#include "caps/probe/trial_opens.h"

namespace perf_exporter {

enum class Want { no, yes };

// What the chosen collectors would count, and on what. With neither CPUs nor cgroups the own tasks
// alone are judged.
struct Wanted {
  Want hardware_events = Want::yes;
  Want software_events = Want::yes;
  Want per_cpu = Want::yes;
  Want cgroups = Want::no;
};

// Why something that is wanted can't be counted, from facts and trials alone: no errno decides by
// itself, since the same one has several causes (the order of the kernel's checks is told at
// Trial).
//
// All causes that hold are reported, the one to fix first on top; of several that can't be told
// apart each is named and its evidence says so. Where what is wanted opened there is `permitted`;
// where it was refused there is a finding of severity fail, unless nothing could be told
// (`trials_not_run`, `cpu_offline`). Empty where nothing is wanted.
std::vector<Finding> diagnose(const HostFacts& facts, const Trials& trials, const Wanted& wanted);

// Puts the findings of one report, of more than one judge, into the order of diagnose: failures,
// what could not be told, warnings, and what is well; each in the order in which they came. Then
// sets their outlooks: that a running exporter will count is said only where nothing else stands in
// the way. What evidence quotes (paths, labels, the kernel's own texts) is made printable().
void arrange(std::vector<Finding>& findings);

// Whether something wanted is refused: any finding of severity fail.
[[nodiscard]] bool refuses_anything(const std::vector<Finding>& findings);

}  // namespace perf_exporter
