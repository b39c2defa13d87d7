#include "app/exit_codes.h"

#include <cerrno>
#include <string>

#include "app/patient_write.h"
#include "base/descriptor_limit.h"

namespace perf_exporter {

int complain(const Fault& fault) {
  std::string limit;
  if (fault.code == EAGAIN) {  // fewer are taken while nothing happens
    limit = "; 8 tasks are enough for this program";
  } else if (fault.code == EMFILE) {
    limit = ": " + describe_descriptor_limit();
  }
  print_last_words("perf-exporter: " + fault.what + limit + '\n');
  return kExitUsage;
}

}  // namespace perf_exporter
