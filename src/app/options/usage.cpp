#include "app/options/usage.h"

#include <array>

#include "base/text_layout.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLeftColumn = 30;

struct CommandText {
  Command command;
  std::string_view name;
  std::string_view arguments;
  std::string_view help;
};

constexpr std::array<CommandText, 4> kCommands = {{
    {Command::serve, "", "", "Count performance events with perf and serve them to Prometheus."},
    {Command::probe, "probe", "",
     "Explain what can be counted here and what to change where it can't. Exits with 3 where a "
     "permission refuses something wanted."},
    {Command::list, "list", "[PATTERN]",
     "Show the events, whether each opens here, and why not; only those that contain PATTERN. "
     "Exits "
     "with 2 where none does."},
    {Command::stat, "stat", "", "Count for a while and print a table, without serving."},
}};

const CommandText& text_of(Command command) {
  return kCommands.at(static_cast<std::size_t>(command));
}

// Appends words to `out`, whose last line is `indent` wide, and begins new lines there.
void append_wrapped(std::string_view words, std::size_t indent, std::string& out) {
  std::string between;
  for (const std::string_view piece : wrap(words, kColumns - indent)) {
    out += between;
    out += piece;
    between = "\n" + std::string(indent, ' ');
  }
  out += '\n';
}

void append_row(const std::string& left, const std::string& right, std::string& out) {
  out += std::string(kIndent, ' ') + left;
  std::size_t column = kIndent + left.size();
  if (column + 1 > kLeftColumn) {
    out += '\n';
    column = 0;
  }
  out += std::string(kLeftColumn - column, ' ');
  append_wrapped(right, kLeftColumn, out);
}

void append_flags(std::string_view command, const std::vector<CollectorChoice>& collectors,
                  std::string& out) {
  std::string group;
  for (const FlagDescription& flag : describe_flags(collectors)) {
    if (flag.command != command) {
      continue;
    }
    if (flag.group != group) {
      group = flag.group;
      out += "\n" + group + ":\n";
    }
    // The default collectors are marked in the list of all of them.
    const bool shows_default = !flag.default_value.empty() && flag.name != "collector";
    append_row("--" + flag.name + (flag.value_name.empty() ? "" : " " + flag.value_name),
               flag.help + (shows_default ? " Default: " + flag.default_value + "." : ""), out);
  }
}

void append_general_flags(std::string& out) {
  out += "\nGeneral:\n";
  append_row("--version", "Print the version and exit.", out);
  append_row("-h, --help", "Print this help, or that of the command before it, and exit.", out);
}

void append_collectors(const std::vector<CollectorChoice>& collectors, std::string& out) {
  out += "\nCollectors there are (* runs by default):\n";
  for (const CollectorChoice& choice : collectors) {
    append_row((choice.on_by_default ? "* " : "  ") + choice.name, choice.help, out);
  }
}

void append_commands(std::string& out) {
  out += "\nCommands (none: serve):\n";
  for (const CommandText& each : kCommands) {
    if (each.command != Command::serve) {
      const std::string arguments = each.arguments.empty() ? "" : " " + std::string(each.arguments);
      append_row(std::string(each.name) + arguments, std::string(each.help), out);
    }
  }
}

std::string usage_of(const CommandText& text) {
  std::string usage = "Usage: perf-exporter ";
  if (text.command == Command::serve) {
    return usage + "[COMMAND] [FLAGS]\n\n";
  }
  usage += text.name;
  usage += text.arguments.empty() ? "" : " " + std::string(text.arguments);
  return usage + " [FLAGS]\n\n";
}

}  // namespace

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandText& each : kCommands) {
    if (each.command != Command::serve) {
      names.emplace_back(each.name);
    }
  }
  return names;
}

std::vector<CommandDescription> describe_commands() {
  std::vector<CommandDescription> commands;
  commands.reserve(kCommands.size());
  for (const CommandText& each : kCommands) {
    commands.push_back(
        {std::string(each.name), std::string(each.arguments), std::string(each.help)});
  }
  return commands;
}

std::string_view command_name(Command command) {
  return text_of(command).name;
}

std::string help_text(Command command, const std::vector<CollectorChoice>& collectors) {
  const CommandText& text = text_of(command);
  std::string out = usage_of(text);
  append_wrapped(text.help, 0, out);
  if (command != Command::serve) {
    append_flags(text.name, collectors, out);
    out += '\n';
    append_wrapped("The flags of perf-exporter itself are taken as well: see perf-exporter --help.",
                   0, out);
    return out;
  }
  append_commands(out);
  append_flags("", collectors, out);
  append_general_flags(out);
  append_collectors(collectors, out);
  out += '\n';
  append_wrapped(
      "Every flag is read from the environment, too: --web.max-requests is "
      "PERF_EXPORTER_WEB_MAX_REQUESTS. A flag goes before the environment, that before the file of "
      "--config.",
      0, out);
  return out;
}

std::string version_text() {
#ifdef __clang__
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  return "perf-exporter " PERF_EXPORTER_VERSION " (built with " + compiler + ")\n";
}

}  // namespace perf_exporter
