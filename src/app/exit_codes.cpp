#include "app/exit_codes.h"

#include <cstdio>

namespace perf_exporter {

int complain(const Fault& fault) {
  std::fprintf(stderr, "perf-exporter: %s\n", fault.what.c_str());
  return kExitUsage;
}

}  // namespace perf_exporter
