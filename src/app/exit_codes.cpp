#include "app/exit_codes.h"

#include "app/patient_write.h"

namespace perf_exporter {

int complain(const Fault& fault) {
  print_last_words("perf-exporter: " + fault.what + '\n');
  return kExitUsage;
}

}  // namespace perf_exporter
