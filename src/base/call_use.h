#pragma once

namespace perf_exporter {

// Whether a system call that is nice to have is made: where a seccomp filter would end the process
// for it, it is left out.
enum class CallUse { make, leave_out };

}  // namespace perf_exporter
