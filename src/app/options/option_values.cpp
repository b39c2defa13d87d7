#include "app/options/option_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "base/nearest.h"
#include "base/text.h"
#include "host/host_paths.h"
#include "http/routes.h"

namespace perf_exporter {
namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

struct DurationUnit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<DurationUnit, 4> kDurationUnits = {
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

}  // namespace

Result<std::size_t> parse_choice(std::string_view text, const std::vector<std::string>& choices) {
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found == choices.end()) {
    return fault(quoted(text) + " is none of " + join(choices, ", ") + did_you_mean(text, choices));
  }
  return static_cast<std::size_t>(found - choices.begin());
}

Result<bool> parse_toggle(std::string_view text) {
  const auto choice = parse_choice(text, {"true", "false", "1", "0"});
  return choice.map([](std::size_t index) { return index % 2 == 0; });
}

Result<int> parse_number(std::string_view text, int least, int most) {
  int number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end || number < least || number > most) {
    return fault(quoted(text) + " is not a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  }
  return number;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::int64_t kWeek = std::int64_t{7} * 24 * 3'600'000;
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const auto name = text.substr(static_cast<std::size_t>(stop - text.data()));
  const auto* unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                  [name](const DurationUnit& each) { return each.name == name; });
  if (error != std::errc{} || unit == kDurationUnits.end()) {
    return fault(quoted(text) + " is no duration; one reads like 500ms, 10s, 2m or 1h");
  }
  if (number < 1 || number > kWeek / unit->milliseconds) {
    return fault(quoted(text) + " is not between 1ms and 168h");
  }
  return std::chrono::milliseconds(number * unit->milliseconds);
}

Result<std::string> parse_telemetry_path(std::string_view text) {
  std::string path(text);
  if (const auto routes = Routes::create(path, {}); !routes) {
    const bool lacks_slash = !path.starts_with('/');
    return fault(routes.error().what + (lacks_slash ? " (did you mean /" + path + "?)" : ""));
  }
  return path;
}

Result<std::filesystem::path> parse_directory(std::string_view text) {
  if (text.empty()) {
    return fault("the path is empty");
  }
  std::filesystem::path path(text);
  if (const auto names = list_directory(path); !names) {
    return tl::unexpected(names.error());
  }
  return path;
}

Result<std::vector<std::string>> split_lists(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string_view text : texts) {
    std::size_t start = 0;
    while (start <= text.size()) {
      const auto comma = std::min(text.find(',', start), text.size());
      const auto part = trim(text.substr(start, comma - start), " \t");
      if (part.empty()) {
        return fault(quoted(text) + " has an empty element");
      }
      parts.emplace_back(part);
      start = comma + 1;
    }
  }
  return parts;
}

Result<std::vector<std::string>> parse_scopes(const std::vector<std::string>& texts) {
  const std::vector<std::string> known = {"cpu", "cgroup"};
  const auto named = split_lists(texts);
  if (!named) {
    return tl::unexpected(named.error());
  }
  for (const std::string& name : *named) {
    if (const auto choice = parse_choice(name, known); !choice) {
      return tl::unexpected(choice.error());
    }
  }
  std::vector<std::string> scopes;
  std::copy_if(known.begin(), known.end(), std::back_inserter(scopes), [&](const auto& scope) {
    return std::find(named->begin(), named->end(), scope) != named->end();
  });
  if (scopes.empty()) {
    return fault("names no scope");
  }
  return scopes;
}

tl::unexpected<Fault> unknown_name(std::string_view name, std::string_view what,
                                   const std::vector<std::string>& names) {
  auto hint = did_you_mean(name, names);
  if (hint.empty()) {
    hint = "; there are " + join(names, ", ");
  }
  return fault(quoted(name) + " is no " + std::string(what) + hint);
}

}  // namespace perf_exporter
