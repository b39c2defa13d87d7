#pragma once

#include <map>
#include <span>
#include <string>

#include "app/logging.h"

namespace perf_exporter {

// The log's format that a command line asks for which can't be taken otherwise, as far as that can
// be told: by the flag, wherever it stands, else the environment, else the file of --config, lines
// of which may be wrong. logfmt where nothing asks for another.
LogFormat asked_log_format(std::span<const char* const> arguments,
                           const std::map<std::string, std::string>& environment);

}  // namespace perf_exporter
