#include "app/options/option_sources.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "app/options/flags.h"
#include "base/nearest.h"

namespace perf_exporter {
namespace {

// The texts of a flag and where they come from, for the start of an error.
struct Given {
  std::string source;
  std::vector<std::string> values;
};

// A variable that is set to nothing counts as not set: templates leave such ones behind.
const std::string* find_variable(const std::map<std::string, std::string>& environment,
                                 std::string_view flag) {
  const auto found = environment.find(environment_name(flag));
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::optional<Given> find_given(const Flag& flag, const OptionSources& sources) {
  const auto& line = sources.command_line;
  if (const auto found = line.find(flag.name); found != line.end() && !found->second.empty()) {
    return Given{"--" + std::string(flag.name), found->second};
  }
  if (const auto* value = find_variable(sources.environment, flag.name)) {
    return Given{environment_name(flag.name), {*value}};
  }
  for (const ConfigEntry& entry : sources.file) {
    if (entry.key == flag.name) {
      return Given{sources.file_name + ", line " + std::to_string(entry.line) + ": " + entry.key,
                   entry.values};
    }
  }
  return std::nullopt;
}

// Why a file may not hold a key; nothing where it may.
std::optional<std::string> key_trouble(const std::string& key) {
  if (key == kConfigFlag) {
    return "'config' names this file and can't be set in it";
  }
  std::vector<std::string> known;
  for (const Flag& flag : flag_table()) {
    if (flag.name != kConfigFlag) {
      known.emplace_back(flag.name);
    }
  }
  if (std::find(known.begin(), known.end(), key) == known.end()) {
    return "unknown key '" + key + "'" + did_you_mean(key, known);
  }
  return std::nullopt;
}

// What the kubelet sets for every Service of the namespace, as it names them after the Service's
// own name (pkg/kubelet/envvars/envvars.go); the latter ones are Docker's links.
bool is_of_a_service(std::string_view name) {
  constexpr std::string_view kPort = "_PORT_";
  const auto port = name.find(kPort);
  const bool has_number = port != std::string_view::npos && port + kPort.size() < name.size() &&
                          std::isdigit(static_cast<unsigned char>(name[port + kPort.size()])) != 0;
  return has_number || name.ends_with("_PORT") || name.ends_with("_SERVICE_HOST") ||
         name.find("_SERVICE_PORT_") != std::string_view::npos;
}

// The flags whose variables the name is near to, whatever its case and marks; the prefix, which all
// share, is left out, or anything would be near.
std::string hint_for(std::string_view name) {
  std::vector<std::string> endings;
  for (const Flag& flag : flag_table()) {
    endings.push_back(environment_name(flag.name).substr(kEnvironmentPrefix.size()));
  }
  std::string meant(name.substr(kEnvironmentPrefix.size()));
  for (char& c : meant) {
    c = c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  const auto near = nearest(meant, endings);
  return near.empty() ? ""
                      : " (did you mean " + std::string(kEnvironmentPrefix) + near.front() + "?)";
}

Result<void> apply(const Flag& flag, const Given& given,
                   const std::vector<CollectorChoice>& collectors, Options& options) {
  if (flag.kind != FlagKind::list && given.values.size() != 1) {
    return fault(given.source + ": takes one value, not " + std::to_string(given.values.size()));
  }
  if (const auto done = flag.apply(given.values, collectors, options); !done) {
    return fault(given.source + ": " + done.error().what);
  }
  return {};
}

}  // namespace

Result<void> read_config_file(OptionSources& sources) {
  const auto flags = flag_table();
  const auto config = std::find_if(flags.begin(), flags.end(),
                                   [](const Flag& flag) { return flag.name == kConfigFlag; });
  const auto given = find_given(*config, sources);
  if (!given) {
    return {};
  }
  sources.file_name = given->values.front();
  const auto text = read_text(sources.file_name);
  if (!text) {
    return fault(given->source + ": " + text.error().what);
  }
  auto entries = parse_config(*text);
  if (!entries) {
    return fault(sources.file_name + ", " + entries.error().what);
  }
  for (const ConfigEntry& entry : *entries) {
    if (const auto trouble = key_trouble(entry.key)) {
      return fault(sources.file_name + ", line " + std::to_string(entry.line) + ": " + *trouble);
    }
  }
  sources.file = std::move(*entries);
  return {};
}

Result<Options> resolve_options(const OptionSources& sources,
                                const std::vector<CollectorChoice>& collectors) {
  Options options;
  const auto descriptions = describe_flags(collectors);
  for (std::size_t i = 0; i < descriptions.size(); ++i) {
    const Flag& flag = flag_table()[i];
    auto given = find_given(flag, sources);
    if (!given && !descriptions[i].default_value.empty()) {
      given = Given{"the default of --" + descriptions[i].name, {descriptions[i].default_value}};
    }
    if (!given) {
      continue;
    }
    if (auto done = apply(flag, *given, collectors, options); !done) {
      return tl::unexpected(done.error());
    }
  }
  if (options.collectors.empty()) {
    return fault("--collector and --no-collector leave no collector to run");
  }
  return options;
}

std::vector<IgnoredVariable> variables_of_no_flag(
    const std::map<std::string, std::string>& environment) {
  std::vector<std::string> known;
  for (const Flag& flag : flag_table()) {
    known.push_back(environment_name(flag.name));
  }
  std::vector<IgnoredVariable> ignored;
  for (const auto& [name, value] : environment) {
    if (name.starts_with(kEnvironmentPrefix) &&
        std::find(known.begin(), known.end(), name) == known.end()) {
      ignored.push_back({name, is_of_a_service(name) ? "" : hint_for(name)});
    }
  }
  return ignored;
}

}  // namespace perf_exporter
