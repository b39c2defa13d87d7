#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "perf/encoding.h"

namespace perf_exporter {

// An event that libpfm4 knows for a PMU of this CPU.
struct PfmEvent {
  std::string name;         // with its PMU: "skl::INST_RETIRED:ANY_P"
  std::string description;  // one line
  Encoding encoding;
};

// The events of this CPU's PMUs whose name or description holds `pattern` (case does not matter),
// as libpfm4 encodes them. Generic events of the kernel's own list ("perf::") are left out: the
// catalogue has them. An event without a default unit mask is listed by each of its unit masks. A
// fault where libpfm4 is not installed or does not know this CPU. Not safe to call from several
// threads.
Result<std::vector<PfmEvent>> find_pfm_events(std::string_view pattern);

}  // namespace perf_exporter
