#pragma once

#include <string>
#include <vector>

#include "caps/finding.h"
#include "caps/host_facts.h"
#include "caps/trial_opens.h"

namespace perf_exporter {

// What one run of the probe has learned.
struct ProbeReport {
  HostFacts facts;
  Trials trials;
  std::vector<Finding> findings;
};

// For a terminal of 80 columns: the findings with evidence and fix, then trials and facts. Ends in
// a newline. Lines of a fix that start with a space are commands or configuration and stay whole.
std::string report_text(const ProbeReport& report);

// One JSON object: {"schema_version":1, "findings":[{id, severity, summary, evidence, fix,
// anchor}], "trials":{"cpu", "results":[{id, description, outcome, error}]}, "facts":{name:
// value}}; an unknown fact is null. Members may be added under the same version, none is renamed or
// dropped.
std::string report_json(const ProbeReport& report);

// The same as an HTML fragment of sections, escaped, without styles or scripts.
std::string report_html(const ProbeReport& report);

// One finding as one line without a newline, for a log message:
// "bounding_set_lacks_perfmon: CAP_PERFMON is not ... (CapBnd ...); fix: ...; see docs/...".
std::string log_line(const Finding& finding);

}  // namespace perf_exporter
