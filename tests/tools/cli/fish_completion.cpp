#include "app/options/option_values.h"
#include "base/text.h"
#include "tools/cli/command_line.h"

namespace perf_exporter {
namespace {

constexpr const char* kTemplate =
    R"sh(# fish completion for perf-exporter(1). Generated from the options; `make docs` writes it anew.

function __perf_exporter_collectors
    printf '%s\t%s\n' \
@collectors@
end

complete -c perf-exporter -f
@commands@
@flags@
complete -c perf-exporter -l version -d 'Print the version and exit'
complete -c perf-exporter -s h -l help -d 'Print a help text and exit'
)sh";

// Within single quotes, where fish knows \\ and \'.
std::string quoted(const std::string& text) {
  return "'" + escape(escape(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

std::string value_options(const FlagDescription& flag) {
  switch (offer_for(flag)) {
    case Offer::no_value:
      return "";
    case Offer::choices:
      return " -x -a " + quoted(join(flag.choices, " "));
    case Offer::collectors:
      return " -x -a '(__fish_complete_list , __perf_exporter_collectors)'";
    case Offer::directories:
      return " -x -a '(__fish_complete_directories)'";
    case Offer::files:
      return " -r -F";
    case Offer::nothing:
      break;
  }
  return " -x";
}

std::string flags(const CommandLine& line) {
  std::vector<std::string> rows;
  for (const FlagDescription& flag : line.flags) {
    const std::string condition =
        flag.command.empty() ? "" : " -n '__fish_seen_subcommand_from " + flag.command + "'";
    rows.push_back("complete -c perf-exporter" + condition + " -l " + flag.name +
                   value_options(flag) + " -d " + quoted(first_sentence(flag.help)));
  }
  return join(rows, "\n");
}

std::string commands(const CommandLine& line) {
  const std::string condition =
      " -n 'not __fish_seen_subcommand_from " + command_names_in_a_row(line) + "'";
  std::vector<std::string> rows;
  for (const CommandDescription& command : line.commands) {
    if (!command.name.empty()) {
      rows.push_back("complete -c perf-exporter" + condition + " -a " + command.name + " -d " +
                     quoted(first_sentence(command.help)));
    }
  }
  return join(rows, "\n");
}

std::string collectors(const CommandLine& line) {
  std::vector<std::string> rows;
  for (const CollectorChoice& collector : line.collectors) {
    rows.push_back("        " + collector.name + " " + quoted(first_sentence(collector.help)));
  }
  return join(rows, " \\\n");
}

}  // namespace

std::string fish_completion(const CommandLine& line) {
  return fill(kTemplate, {{"@collectors@", collectors(line)},
                          {"@commands@", commands(line)},
                          {"@flags@", flags(line)}});
}

}  // namespace perf_exporter
