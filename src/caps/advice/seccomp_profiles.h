// What the default seccomp profiles of container runtimes answer to perf_event_open(2), as data.
#pragma once

#include <optional>
#include <string>

#include "caps/capability_sets.h"
#include "caps/facts/place.h"
#include "caps/trial_result.h"

namespace perf_exporter {

// The generations of default profiles that give this answer to a container with this bounding set,
// which is what the profiles look at, whatever its user: "Docker up to 20.10, containerd before
// 1.6.9". Those of `runtime` alone where it is known. Empty: none of them answers so.
std::string profiles_that_answer(const TrialResult& answer, const CapabilitySets& sets,
                                 std::optional<Runtime> runtime);

}  // namespace perf_exporter
