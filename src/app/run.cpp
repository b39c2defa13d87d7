#include "app/run.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>

#include "app/commands/commands.h"
#include "app/log.h"
#include "collectors/events/event_catalog.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr int kBroken = 1;

int run_command(const Options& options, const Inherited& inherited, Log& log) {
  for (const IgnoredVariable& variable : options.ignored_environment) {
    log.logger()->log(
        variable.hint.empty() ? spdlog::level::debug : spdlog::level::warn,
        with_fields("an environment variable is no flag's and is ignored" + variable.hint,
                    {{"name", variable.name}}));
  }
  LinuxPerfKernel kernel;
  switch (options.command) {
    case Command::probe:
      return probe(options, kernel, inherited);
    case Command::list:
      return list_events(options, kernel);
    case Command::stat:
      return stat(options, kernel, log);
    case Command::serve:
      break;
  }
  return serve(options, kernel, log);
}

// What a command prints is held until it ends, when close_output() has the errno of a write that
// fails: of one in between no more is known than that it failed.
void hold_output() {
  static std::array<char, std::size_t{1} << 20U> buffer;  // what is not used of it costs nothing
  std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
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
  std::optional<Log> log;
  LogStyle style;
  int code = kBroken;
  try {
    const auto options = parse_options(argc, argv, exporter_environment(), collector_choices());
    if (!options || options->command != Command::serve) {
      restore_inherited(inherited, SIGPIPE);  // `perf-exporter list | head` ends in silence
      hold_output();
    }
    if (!options) {
      std::fputs(options.error().out.c_str(), stdout);
      if (!options.error().err.empty()) {
        say(options.error().err, options.error().style);
      }
      return close_output(options.error().code, options.error().style);
    }
    style = options->log_style;
    log.emplace(options->log_level, style);
    code = close_output(run_command(*options, inherited, *log), style);
  } catch (const std::exception& error) {  // only third parties throw
    say(error.what(), style);
  }
  if (log && !log->finish(kLogPatience)) {
    ::_exit(code);
  }
  return code;
}

}  // namespace perf_exporter
