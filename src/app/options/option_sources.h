// Where the text of a flag comes from, the first that has it: the command line, the environment,
// the file of --config, the flag's default.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/options/config_file.h"
#include "app/options/options.h"

namespace perf_exporter {

struct OptionSources {
  // By flag; one text for each time a flag was given.
  std::map<std::string, std::vector<std::string>, std::less<>> command_line;
  std::map<std::string, std::string> environment;
  std::string file_name;  // empty without a file
  std::vector<ConfigEntry> file;
};

// Reads the file that --config or its variable names, if one does, into `sources`. A fault names
// the file, the line and the reason: it can't be read, is malformed or holds an unknown key.
Result<void> read_config_file(OptionSources& sources);

// Checks every flag's text and puts it into Options. A fault starts with where the text came from:
// "--cpus", "PERF_EXPORTER_CPUS" or "/etc/perf-exporter.toml, line 3: cpus".
Result<Options> resolve_options(const OptionSources& sources,
                                const std::vector<CollectorChoice>& collectors);

// Those that start with PERF_EXPORTER_ and belong to no flag.
std::vector<IgnoredVariable> variables_of_no_flag(
    const std::map<std::string, std::string>& environment);

}  // namespace perf_exporter
