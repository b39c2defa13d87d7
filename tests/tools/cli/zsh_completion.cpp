// A function for zsh's completion system (zshcompsys(1)).
#include "app/options/option_values.h"
#include "base/text.h"
#include "tools/cli/command_line.h"

namespace perf_exporter {
namespace {

constexpr const char* kTemplate =
    R"sh(#compdef perf-exporter
# Generated from the options of perf-exporter(1); `make docs` writes it anew.

_perf-exporter_collectors() {
  _values -s , collector \
@collectors@
}

_perf-exporter_commands() {
  local -a commands
  commands=(
@commands@
  )
  _describe command commands
}

_perf-exporter() {
  local command word behind_flag
  local -a flags
  for word in ${words[2,CURRENT-1]}; do
    if [[ -n $behind_flag ]]; then
      behind_flag=
      continue
    fi
    case $word in
      @flags_with_value@) behind_flag=1 ;;
      -*) ;;
      *)
        command=$word
        break ;;
    esac
  done
  flags=(
@flags@
    '--version[Print the version and exit]'
    '(-h --help)'{-h,--help}'[Print a help text and exit]'
  )
  case $command in
@command_flags@
  esac
  _arguments $flags '1:command:_perf-exporter_commands'
}

_perf-exporter "$@"
)sh";

// Within single quotes.
std::string quoted(const std::string& text) {
  return escape(text, '\'', "'\\''");
}

// As an explanation between brackets.
std::string bracketed(const std::string& text) {
  return "[" + quoted(escape(escape(text, '[', "\\["), ']', "\\]")) + "]";
}

std::string action(const FlagDescription& flag) {
  switch (offer_for(flag)) {
    case Offer::choices:
      return "(" + join(flag.choices, " ") + ")";
    case Offer::collectors:
      return "_perf-exporter_collectors";
    case Offer::directories:
      return "_directories";
    case Offer::files:
      return "_files";
    case Offer::no_value:
    case Offer::nothing:
      break;
  }
  return " ";
}

std::string flag_specs(const CommandLine& line, const std::string& command,
                       const std::string& indent) {
  std::vector<std::string> encodings;
  for (const FlagDescription& flag : line.flags) {
    if (flag.command == command) {
      const bool valued = flag.kind != FlagKind::toggle;
      encodings.push_back(indent + "'" + (flag.kind == FlagKind::list ? "*" : "") + "--" +
                          flag.name + (valued ? "=" : "") + bracketed(first_sentence(flag.help)) +
                          (valued ? ":" + flag.value_name + ":" + action(flag) : "") + "'");
    }
  }
  return join(encodings, "\n");
}

std::string command_flags(const CommandLine& line) {
  std::vector<std::string> cases;
  for (const CommandDescription& command : line.commands) {
    const auto encodings = flag_specs(line, command.name, "        ");
    if (!command.name.empty() && !encodings.empty()) {
      cases.push_back("    " + command.name + ")\n      flags+=(\n" + encodings + "\n      ) ;;");
    }
  }
  return join(cases, "\n");
}

std::string commands(const CommandLine& line) {
  std::vector<std::string> rows;
  for (const CommandDescription& command : line.commands) {
    if (!command.name.empty()) {
      rows.push_back("    '" + command.name + ":" + quoted(first_sentence(command.help)) + "'");
    }
  }
  return join(rows, "\n");
}

std::string collectors(const CommandLine& line) {
  std::vector<std::string> rows;
  for (const CollectorChoice& collector : line.collectors) {
    rows.push_back("    '" + collector.name + bracketed(first_sentence(collector.help)) + "'");
  }
  return join(rows, " \\\n");
}

}  // namespace

std::string zsh_completion(const CommandLine& line) {
  return fill(kTemplate, {{"@collectors@", collectors(line)},
                          {"@commands@", commands(line)},
                          {"@flags_with_value@", flags_with_value(line)},
                          {"@flags@", flag_specs(line, "", "    ")},
                          {"@command_flags@", command_flags(line)}});
}

}  // namespace perf_exporter
