// The command line as the man page and the shells' completions are generated from it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/options/options.h"
#include "app/options/usage.h"

namespace perf_exporter {

struct CommandLine {
  std::vector<CommandDescription> commands;  // serving, which has no name, first
  std::vector<FlagDescription> flags;
  std::vector<CollectorChoice> collectors;
};

// What this program takes.
CommandLine describe_command_line();

// What a shell can offer for a flag's value.
enum class Offer { no_value, choices, collectors, directories, files, nothing };
Offer offer_for(const FlagDescription& flag);

// "--cpus|--aggregate": the flags that `belongs` is true of.
template <class Belongs>
std::string flag_pattern(const CommandLine& line, Belongs belongs) {
  std::string out;
  for (const FlagDescription& flag : line.flags) {
    if (belongs(flag)) {
      out += (out.empty() ? "--" : "|--") + flag.name;
    }
  }
  return out;
}

std::string flags_with_value(const CommandLine& line);
std::string flags_offering(const CommandLine& line, Offer offer);

// "probe list stat"
std::string command_names_in_a_row(const CommandLine& line);

// Without the period, for the narrow column beside a flag.
std::string first_sentence(const std::string& text);

// `text` with each of the placeholders, such as "@flags@", replaced by what stands beside it.
std::string fill(std::string text,
                 const std::vector<std::pair<std::string_view, std::string>>& values);

// `text` with `escaped` for each `character`.
std::string escape(std::string_view text, char character, std::string_view escaped);

std::string man_page(const CommandLine& line);
std::string bash_completion(const CommandLine& line);
std::string zsh_completion(const CommandLine& line);
std::string fish_completion(const CommandLine& line);

}  // namespace perf_exporter
