#pragma once

#include <string_view>

#include "app/logging.h"

namespace perf_exporter {

// LogPrefix::priority where what a descriptor writes to is the journal: `journal_stream` is the
// variable JOURNAL_STREAM of systemd.exec(5), "DEVICE:INODE" of the journal's end in decimal. It is
// inherited by those whose output was sent elsewhere, and may be anything.
LogPrefix log_prefix(int fd, std::string_view journal_stream);

}  // namespace perf_exporter
