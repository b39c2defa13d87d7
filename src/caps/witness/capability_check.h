// The capability checks within a recorded call: the part of judge() about them. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caps/witness/witness.h"

namespace perf_exporter {

// One question for a capability. The security modules are asked one after the other, the first
// that refuses ends it (security/security.c), so that each that was asked shows what those before
// it answered.
struct CapabilityCheck {
  const TraceStep* asked = nullptr;  // of cap_capable
  std::string refused_by;            // "cap_capable", "apparmor_capable", "another module"
  int capability = 0;                // assumed where it was not recorded
};

// Whether a step belongs to a question for a capability.
[[nodiscard]] bool is_part_of_check(const TraceStep& step);

// The checks that the call ended with: those after which nothing else was asked. Empty where the
// refusal came from elsewhere.
std::vector<CapabilityCheck> final_checks(const TracedCall& call);

// Whether the check stands before the security modules' own question for the open, where only the
// distributions' patch puts one; as far as the record can tell.
[[nodiscard]] bool is_distribution_gate(const TracedCall& call,
                                        const std::vector<CapabilityCheck>& checks,
                                        const TraceScope& scope);

// Why these checks, which are not empty, refused.
std::vector<TraceCause> judge_checks(const TracedCall& call,
                                     const std::vector<CapabilityCheck>& checks,
                                     const TraceContext& context);

}  // namespace perf_exporter
