#include "app/commands/commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "app/patient_write.h"
#include "base/descriptor_limit.h"

namespace perf_exporter {

void say(std::string_view what, LogStyle style) {
  print_last_words(error_line(what, style));
}

int complain(const Fault& fault, LogStyle style) {
  std::string limit;
  if (fault.code == EAGAIN) {  // fewer are taken while nothing happens
    limit = "; 8 tasks are enough for this program";
  } else if (fault.code == EMFILE) {
    limit = ": " + describe_descriptor_limit();
  }
  say(fault.what + limit, style);
  return kExitUsage;
}

int close_output(int code, LogStyle style) {
  const bool is_flushed = std::fflush(stdout) == 0;
  if (is_flushed && std::ferror(stdout) == 0) {
    return code;
  }
  const std::string why = is_flushed ? "" : std::string(": ") + std::strerror(errno);
  return complain(Fault{0, "cannot write to standard output" + why}, style);
}

}  // namespace perf_exporter
