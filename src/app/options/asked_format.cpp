#include "app/options/asked_format.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "app/options/config_file.h"
#include "app/options/flags.h"
#include "host/host_paths.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kFormatFlag = "log.format";

// The last value of a flag.
std::optional<std::string> value_of(std::span<const char* const> arguments, std::string_view flag) {
  const std::string name = "--" + std::string(flag);
  std::optional<std::string> value;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == name && i + 1 < arguments.size()) {
      value = arguments[i + 1];
    } else if (argument.starts_with(name + "=")) {
      value = argument.substr(name.size() + 1);
    }
  }
  return value;
}

std::optional<std::string> given(std::span<const char* const> arguments,
                                 const std::map<std::string, std::string>& environment,
                                 std::string_view flag) {
  if (auto value = value_of(arguments, flag)) {
    return value;
  }
  const auto found = environment.find(environment_name(flag));
  return found == environment.end() || found->second.empty() ? std::nullopt
                                                             : std::optional(found->second);
}

// Empties the line that a fault of parse_config names. Whether there is such a line.
bool take_line_out(std::string& text, const std::string& fault) {
  constexpr std::string_view kStart = "line ";
  std::size_t number = 0;
  if (!fault.starts_with(kStart) ||
      std::from_chars(fault.data() + kStart.size(), fault.data() + fault.size(), number).ec !=
          std::errc()) {
    return false;
  }
  std::size_t begin = 0;
  for (std::size_t line = 1; line < number && begin != std::string::npos; ++line) {
    const auto end = text.find('\n', begin);
    begin = end == std::string::npos ? end : end + 1;
  }
  if (begin == std::string::npos) {
    return false;
  }
  const auto end = std::min(text.find('\n', begin), text.size());
  text.replace(begin, end - begin, "#");
  return true;
}

std::optional<std::string> format_in(const std::string& file) {
  constexpr int kMostMistakes = 20;
  auto text = read_text(file);
  if (!text) {
    return std::nullopt;
  }
  auto entries = parse_config(*text);
  for (int i = 0; i < kMostMistakes && !entries; ++i) {
    if (!take_line_out(*text, entries.error().what)) {
      return std::nullopt;
    }
    entries = parse_config(*text);
  }
  if (!entries) {
    return std::nullopt;
  }
  for (const ConfigEntry& entry : *entries) {
    if (entry.key == kFormatFlag && entry.values.size() == 1) {
      return entry.values.front();
    }
  }
  return std::nullopt;
}

}  // namespace

LogFormat asked_log_format(std::span<const char* const> arguments,
                           const std::map<std::string, std::string>& environment) {
  auto format = given(arguments, environment, kFormatFlag);
  if (!format) {
    const auto file = given(arguments, environment, kConfigFlag);
    format = file ? format_in(*file) : std::nullopt;
  }
  return format == "json" ? LogFormat::json : LogFormat::logfmt;
}

}  // namespace perf_exporter
