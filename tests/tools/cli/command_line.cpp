#include "tools/cli/command_line.h"
#include "base/text.h"

#include "app/options/option_values.h"
#include "app/run.h"

namespace perf_exporter {

CommandLine describe_command_line() {
  const auto collectors = collector_choices();
  return {describe_commands(), describe_flags(collectors), collectors};
}

Offer offer_for(const FlagDescription& flag) {
  if (flag.kind == FlagKind::toggle) {
    return Offer::no_value;
  }
  if (!flag.choices.empty()) {
    return Offer::choices;
  }
  if (flag.name == "collector" || flag.name == "no-collector") {
    return Offer::collectors;
  }
  if (flag.value_name == "DIR") {
    return Offer::directories;
  }
  return flag.value_name == "FILE" ? Offer::files : Offer::nothing;
}

std::string flags_with_value(const CommandLine& line) {
  return flag_pattern(line,
                      [](const FlagDescription& flag) { return flag.kind != FlagKind::toggle; });
}

std::string flags_offering(const CommandLine& line, Offer offer) {
  return flag_pattern(line,
                      [offer](const FlagDescription& flag) { return offer_for(flag) == offer; });
}

std::string command_names_in_a_row(const CommandLine& line) {
  std::vector<std::string> names;
  for (const CommandDescription& command : line.commands) {
    if (!command.name.empty()) {
      names.push_back(command.name);
    }
  }
  return join(names, " ");
}

std::string first_sentence(const std::string& text) {
  const auto end = text.find(". ");
  return end != std::string::npos ? text.substr(0, end)
                                  : text.substr(0, text.find_last_not_of('.') + 1);
}

std::string fill(std::string text,
                 const std::vector<std::pair<std::string_view, std::string>>& values) {
  for (const auto& [placeholder, value] : values) {
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + value.size())) {
      text.replace(at, placeholder.size(), value);
    }
  }
  return text;
}

std::string escape(std::string_view text, char character, std::string_view escaped) {
  std::string out;
  for (const char each : text) {
    if (each == character) {
      out += escaped;
    } else {
      out += each;
    }
  }
  return out;
}

}  // namespace perf_exporter
