#include "app/run.h"

#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "app/logging.h"
#include "collectors/event_catalog.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr int kBroken = 1;

int run_command(const Options& options, const Inherited& inherited) {
  const auto logger = make_logger(options.log_level, options.log_format);
  for (const std::string& variable : options.ignored_environment) {
    logger->debug(with_fields("an environment variable is no flag's", {{"name", variable}}));
  }
  LinuxPerfKernel kernel;
  switch (options.command) {
    case Command::probe:
      return probe(options, kernel, inherited);
    case Command::list:
      return list_events(options, kernel);
    case Command::stat:
      return stat(options, kernel, logger);
    case Command::serve:
      break;
  }
  return serve(options, kernel, logger);
}

}  // namespace

std::vector<CollectorChoice> collector_choices() {
  std::vector<CollectorChoice> choices;
  for (const CollectorInfo& collector : collector_table()) {
    choices.push_back(
        {std::string(collector.name), std::string(collector.help), collector.on_by_default});
  }
  return choices;
}

int run(int argc, const char* const* argv, const Inherited& inherited) {
  try {
    const auto options = parse_options(argc, argv, exporter_environment(), collector_choices());
    if (!options || options->command != Command::serve) {
      restore_inherited(inherited, SIGPIPE);  // `perf-exporter list | head` ends in silence
    }
    if (!options) {
      std::fputs(options.error().out.c_str(), stdout);
      std::fputs(options.error().err.c_str(), stderr);
      return options.error().code;
    }
    return run_command(*options, inherited);
  } catch (const std::exception& error) {  // only third parties throw
    std::fprintf(stderr, "perf-exporter: %s\n", error.what());
    return kBroken;
  }
}

}  // namespace perf_exporter
