#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "caps/facts/host_facts.h"

namespace perf_exporter {

// The value of a fact in a report; the empty one is unknown.
using FactValue =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

// One fact under the stable snake_case name that reports give it.
struct FactRow {
  std::string_view name;
  FactValue value;
};

// Every fact, known or not, in the order of HostFacts. Capability sets and file capabilities are
// written as /proc/PID/status and setcap(8) write them; an unlimited number of descriptors is
// "unlimited".
std::vector<FactRow> fact_rows(const HostFacts& facts);

// The value for a reader: "yes", "no", "2", "cpu_atom cpu_core", "none" for an empty list,
// "unknown".
std::string to_text(const FactValue& value);

}  // namespace perf_exporter
