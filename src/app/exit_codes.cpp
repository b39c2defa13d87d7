#include "app/exit_codes.h"

#include <cerrno>

#include "app/patient_write.h"

namespace perf_exporter {

int complain(const Fault& fault) {
  // Fewer are taken while nothing happens; docs/install.md tells, and tests hold to it.
  const char* enough = fault.code == EAGAIN ? "; 8 tasks are enough for this program" : "";
  print_last_words("perf-exporter: " + fault.what + enough + '\n');
  return kExitUsage;
}

}  // namespace perf_exporter
