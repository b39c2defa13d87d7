// What --help and --version print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options/options.h"

namespace perf_exporter {

// The names of the sub-commands, in the order of Command without serve.
std::vector<std::string> command_names();

struct CommandDescription {
  std::string name;       // empty for serving, which has no name
  std::string arguments;  // "[PATTERN]"; empty: none
  std::string help;
};

// All there is to run, in the order of Command.
std::vector<CommandDescription> describe_commands();

// "serve" is "", the others are as on the command line.
std::string_view command_name(Command command);

// The help of a command for a terminal of 80 columns, ending in a newline.
std::string help_text(Command command, const std::vector<CollectorChoice>& collectors);

// "perf-exporter 0.1.0 (built with g++ 12.2.0)\n"
std::string version_text();

}  // namespace perf_exporter
