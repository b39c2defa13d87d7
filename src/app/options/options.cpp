#include "app/options/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>

#include "app/journal.h"
#include "app/options/asked_format.h"
#include "app/options/flags.h"
#include "app/options/option_sources.h"
#include "app/options/usage.h"
#include "base/nearest.h"
#include "base/text.h"

namespace perf_exporter {
namespace {

template <class T>
using Parsed = tl::expected<T, EarlyExit>;

constexpr int kUsageError = 2;

// One line, whatever the user's text that it quotes holds.
tl::unexpected<EarlyExit> usage_error(const std::string& what) {
  return tl::unexpected(EarlyExit{kUsageError, "", printable(what)});
}

// The command line, taken apart but not understood.
struct CommandLine {
  Command command = Command::serve;
  std::string pattern;
  bool version = false;
  std::vector<std::string> behind_dashes;
  std::map<std::string, std::vector<std::string>, std::less<>> values;
};

void add_flags(CLI::App& app, std::string_view command, CommandLine& line) {
  for (const Flag& flag : flag_table()) {
    if (flag.command != command) {
      continue;
    }
    const std::string name = "--" + std::string(flag.name);
    auto& values = line.values[std::string(flag.name)];
    if (flag.kind == FlagKind::toggle) {
      app.add_flag(name, values);
    } else {
      // Without this CLI11 lets every flag swallow the arguments that follow its value.
      app.add_option(name, values)
          ->allow_extra_args(false)
          ->type_name(std::string(flag.value_name));
    }
  }
}

std::vector<std::string> flag_names(Command command) {
  std::vector<std::string> names = {"--help", "--version"};
  for (const Flag& flag : flag_table()) {
    if (flag.command.empty() || flag.command == command_name(command)) {
      names.push_back("--" + std::string(flag.name));
    }
  }
  return names;
}

tl::unexpected<EarlyExit> misplaced_flag(const Flag& flag) {
  const std::string name = "--" + std::string(flag.name);
  return usage_error(name + " goes behind its command: perf-exporter " + std::string(flag.command) +
                     " " + name);
}

tl::unexpected<EarlyExit> unexpected_argument(const std::string& argument, Command command) {
  if (!argument.starts_with('-')) {
    return command == Command::serve ? usage_error("unknown command '" + argument + "'" +
                                                   did_you_mean(argument, command_names()))
                                     : usage_error("unexpected argument '" + argument + "'");
  }
  const std::string name = argument.substr(0, argument.find('='));
  for (const Flag& flag : flag_table()) {
    if (name == "--" + std::string(flag.name)) {
      return misplaced_flag(flag);
    }
  }
  return usage_error("unknown flag " + name + did_you_mean(name, flag_names(command)));
}

// CLI11 takes the next argument for the value of a `--flag=` that has none.
std::optional<std::string> flag_without_value(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (argument.substr(0, 2) == "--" && argument.find('=') == argument.size() - 1) {
      return std::string(argument.substr(0, argument.size() - 1));
    }
  }
  return std::nullopt;
}

Command chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    return Command::serve;
  }
  const auto names = command_names();
  const auto found = std::find(names.begin(), names.end(), chosen.front()->get_name());
  return static_cast<Command>(1 + (found - names.begin()));
}

void set_up(CLI::App& app, CommandLine& line) {
  app.set_help_flag("-h,--help");
  app.add_flag("--version", line.version);
  add_flags(app, "", line);
  app.allow_extras();
  app.fallthrough();
  app.require_subcommand(0, 1);
  for (const std::string& name : command_names()) {
    CLI::App* command = app.add_subcommand(name);
    add_flags(*command, name, line);
    if (name == command_name(Command::list)) {
      command->add_option("pattern", line.pattern);
    }
  }
}

// What stands behind "--" is nobody's flag: the pattern of list, or a command to trace.
Parsed<void> place_rest(CommandLine& line, const Options& options) {
  auto& rest = line.behind_dashes;
  if (line.command == Command::list && line.pattern.empty() && rest.size() == 1) {
    line.pattern = std::move(rest.front());
    rest.clear();
  }
  const bool is_traced = line.command == Command::probe && options.trace && options.trace_pid == 0;
  if (!rest.empty() && !is_traced) {
    return usage_error("unexpected argument '" + rest.front() +
                       "' behind --; a command goes there alone with probe --trace, without --pid");
  }
  return {};
}

Parsed<CommandLine> parse_command_line(std::span<const char* const> arguments,
                                       const std::vector<CollectorChoice>& collectors) {
  if (const auto name = flag_without_value(arguments)) {
    return usage_error(*name + " has no value behind its '='");
  }
  CommandLine line;
  CLI::App app;
  try {
    set_up(app, line);
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp&) {
    return tl::unexpected(EarlyExit{0, help_text(chosen_command(app), collectors), ""});
  } catch (const CLI::ArgumentMismatch& error) {
    // Its text starts with the flag's name and a colon.
    const std::string text = error.what();
    return usage_error(text.substr(0, text.find(':')) + " needs a value");
  } catch (const CLI::Error& error) {
    return usage_error(error.what());
  }
  line.command = chosen_command(app);
  if (line.version) {
    return tl::unexpected(EarlyExit{0, version_text(), ""});
  }
  for (const std::string& argument : app.remaining(true)) {
    return unexpected_argument(argument, line.command);
  }
  return line;
}

using Environment = std::map<std::string, std::string>;

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// Colour goes to terminals that can show it, unless the user wants none (https://no-color.org).
Paint paint_of(const Environment& environment) {
  const std::string terminal = value_of(environment, "TERM");
  return !value_of(environment, "NO_COLOR").empty() || terminal.empty() || terminal == "dumb"
             ? Paint::plain
             : Paint::coloured;
}

using Arguments = std::span<const char* const>;

Parsed<Options> parse(Arguments arguments, Arguments::iterator dashes,
                      const Environment& environment,
                      const std::vector<CollectorChoice>& collectors) {
  auto line = parse_command_line({arguments.begin(), dashes}, collectors);
  if (!line) {
    return tl::unexpected(line.error());
  }
  if (dashes != arguments.end()) {
    line->behind_dashes.assign(dashes + 1, arguments.end());
  }
  OptionSources sources{std::move(line->values), environment, "", {}};
  if (const auto done = read_config_file(sources); !done) {
    return usage_error(done.error().what);
  }
  auto options = resolve_options(sources, collectors);
  if (!options) {
    return usage_error(options.error().what);
  }
  if (const auto placed = place_rest(*line, *options); !placed) {
    return tl::unexpected(placed.error());
  }
  options->command = line->command;
  options->trace_command = std::move(line->behind_dashes);
  options->list_pattern = std::move(line->pattern);
  options->paint = paint_of(environment);
  options->ignored_environment = variables_of_no_flag(environment);
  return std::move(*options);
}

}  // namespace

tl::expected<Options, EarlyExit> parse_options(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    const std::vector<CollectorChoice>& collectors) {
  const Arguments arguments(argv, static_cast<std::size_t>(std::max(argc, 0)));
  const auto dashes = std::find(arguments.begin(), arguments.end(), std::string_view("--"));
  const LogPrefix prefix = log_prefix(STDERR_FILENO, value_of(environment, "JOURNAL_STREAM"));
  auto options = parse(arguments, dashes, environment, collectors);
  if (!options) {
    EarlyExit exit = std::move(options.error());
    exit.style = {asked_log_format({arguments.begin(), dashes}, environment), prefix};
    return tl::unexpected(std::move(exit));
  }
  options->log_style.prefix = prefix;
  return std::move(*options);
}

std::map<std::string, std::string> exporter_environment() {
  std::map<std::string, std::string> variables;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view text = *each;
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const bool is_wanted = name.starts_with(kEnvironmentPrefix) || name == "NO_COLOR" ||
                           name == "TERM" || name == "JOURNAL_STREAM";
    if (is_wanted && equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

std::string notify_socket() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return socket == nullptr ? "" : socket;
}

}  // namespace perf_exporter
