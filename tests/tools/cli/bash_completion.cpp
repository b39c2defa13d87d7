// A bash function that needs nothing beside bash 4.4.
#include "app/options/option_values.h"
#include "base/text.h"
#include "tools/cli/command_line.h"

namespace perf_exporter {
namespace {

// A value stands behind a blank or, as words of their own in bash's eyes, behind '='.
constexpr const char* kTemplate =
    R"sh(# bash completion for perf-exporter(1). Generated from the options; `make docs` writes it anew.

_perf_exporter() {
  local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]} command='' flags before='' i
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $flag == '=' ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $flag in
    @collector_flags@)
      [[ $cur != *,* ]] || before=${cur%,*},
      compopt -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$before" -W '@collectors@' -- "${cur##*,}")
      return ;;
@choices@    @directory_flags@)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return ;;
    @file_flags@)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    @other_flags@)
      return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      @flags_with_value@)
        [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i++))
        ((i++)) ;;
      -*) ;;
      *)
        command=${COMP_WORDS[i]}
        break ;;
    esac
  done
  flags='@flags@ --version --help'
  case $command in
@command_flags@  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W '@commands@' -- "$cur")
  fi
}

complete -F _perf_exporter perf-exporter
)sh";

std::string flags_of(const CommandLine& line, const std::string& command) {
  const auto pattern = flag_pattern(
      line, [&command](const FlagDescription& flag) { return flag.command == command; });
  return escape(pattern, '|', " ");
}

std::string choices(const CommandLine& line) {
  std::string out;
  for (const FlagDescription& flag : line.flags) {
    if (offer_for(flag) == Offer::choices) {
      out += fill(R"sh(    --@flag@)
      mapfile -t COMPREPLY < <(compgen -W '@choices@' -- "$cur")
      return ;;
)sh",
                  {{"@flag@", flag.name}, {"@choices@", join(flag.choices, " ")}});
    }
  }
  return out;
}

std::string command_flags(const CommandLine& line) {
  std::string out;
  for (const CommandDescription& command : line.commands) {
    const auto flags = flags_of(line, command.name);
    if (!command.name.empty() && !flags.empty()) {
      out += "    " + command.name + ") flags+=' " + flags + "' ;;\n";
    }
  }
  return out;
}

}  // namespace

std::string bash_completion(const CommandLine& line) {
  std::vector<std::string> collectors;
  for (const CollectorChoice& collector : line.collectors) {
    collectors.push_back(collector.name);
  }
  return fill(kTemplate, {{"@collector_flags@", flags_offering(line, Offer::collectors)},
                          {"@collectors@", join(collectors, " ")},
                          {"@choices@", choices(line)},
                          {"@directory_flags@", flags_offering(line, Offer::directories)},
                          {"@file_flags@", flags_offering(line, Offer::files)},
                          {"@other_flags@", flags_offering(line, Offer::nothing)},
                          {"@flags_with_value@", flags_with_value(line)},
                          {"@flags@", flags_of(line, "")},
                          {"@command_flags@", command_flags(line)},
                          {"@commands@", command_names_in_a_row(line)}});
}

}  // namespace perf_exporter
