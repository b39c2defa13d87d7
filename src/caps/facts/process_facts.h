#pragma once

#include "caps/facts/host_facts.h"
#include "host/host_paths.h"

namespace perf_exporter {

// The part of gather_facts that concerns the process; fills only the members it can tell, and makes
// what facts.side_calls lets it.
void add_process_facts(HostFacts& facts, const HostPaths& paths);

}  // namespace perf_exporter
