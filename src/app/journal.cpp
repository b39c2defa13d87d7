#include "app/journal.h"

#include <sys/stat.h>

#include <string>

namespace perf_exporter {

LogPrefix log_prefix(int fd, std::string_view journal_stream) {
  struct stat status {};
  if (journal_stream.empty() || ::fstat(fd, &status) != 0) {
    return LogPrefix::none;
  }
  const std::string own = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  return own == journal_stream ? LogPrefix::priority : LogPrefix::none;
}

}  // namespace perf_exporter
