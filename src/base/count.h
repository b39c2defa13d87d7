#pragma once

#include <cstdint>

namespace perf_exporter {

// A total of events or of nanoseconds. 128 bits: ten years of 5 GHz on 256 CPUs are 4e20 cycles,
// more than 64 bits hold (1.8e19), and a sum must never wrap.
__extension__ using Count = unsigned __int128;

// What one perf read yields: the kernel's counters are 64 bits wide.
using RawCount = std::uint64_t;

}  // namespace perf_exporter
