// Capabilities, filters and limits can't be given back, so what changes them runs in a child.
#pragma once

#include <functional>
#include <string>

#include "caps/capability_sets.h"

namespace perf_exporter {

// What `work` returns, run in a forked child of this process; "child ended early" where it died.
std::string in_child(const std::function<std::string()>& work);

// Turns the calling process into uid and gid 65534, first keeping exactly `permitted` in its
// permitted set and nothing in the effective one. Needs root. "" or what failed.
std::string become_nobody(std::uint64_t permitted);

}  // namespace perf_exporter
