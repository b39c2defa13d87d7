// The words of the findings, in the order in which the kernel asks. Each id or "id/variant" stands
// in one of them.
#pragma once

#include <span>

#include "caps/advice/finding_text.h"

namespace perf_exporter {

// Of what refuses: in front of perf, gates, the capability.
std::span<const FindingText> permission_texts();

// Of what the machine lacks beyond permission, of cgroups, and of the program beside the preflight.
std::span<const FindingText> machine_texts();

// Of counting what the trials allow, and of serving.
std::span<const FindingText> counting_texts();

}  // namespace perf_exporter
