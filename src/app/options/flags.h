// The table of flags: one row holds all that is known about a flag. The command line, environment,
// file, --help and docs derive from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/options/options.h"

namespace perf_exporter {

// Checks a flag's texts and puts them into `options`. There is exactly one text unless the flag is
// a list, which may be empty in a file.
using ApplyFlag = Result<void> (*)(const std::vector<std::string>& values,
                                   const std::vector<CollectorChoice>& collectors,
                                   Options& options);

struct Flag {
  FlagKind kind;
  std::string_view name;
  std::string_view command;
  std::string_view group;
  std::string_view value_name;
  std::string_view default_value;
  std::string_view help;
  ApplyFlag apply;
};

// In the order in which they are shown and applied: --no-collector takes away from what --collector
// has put there.
std::span<const Flag> flag_table();

// "web.max-requests" -> "PERF_EXPORTER_WEB_MAX_REQUESTS"
std::string environment_name(std::string_view flag);

inline constexpr std::string_view kEnvironmentPrefix = "PERF_EXPORTER_";
inline constexpr std::string_view kConfigFlag = "config";

}  // namespace perf_exporter
