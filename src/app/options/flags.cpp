#include "app/options/flags.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "http/server.h"

namespace perf_exporter {
namespace {

using Texts = std::vector<std::string>;
using Choices = std::vector<CollectorChoice>;

template <class T>
Result<void> store(Result<T> parsed, T& target) {
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  target = std::move(*parsed);
  return {};
}

// The values of flags that have a few, each in the order of its enumerators.
Texts choices_of(std::string_view flag) {
  static const std::map<std::string_view, Texts> kChoices = {
      {"aggregate", {"cpu", "package", "node"}},
      {"guests", {"auto", "include", "exclude"}},
      {"log.level", {"debug", "info", "warn", "error"}},
      {"log.format", {"logfmt", "json"}},
      {"format", {"text", "json"}},
  };
  const auto found = kChoices.find(flag);
  return found == kChoices.end() ? Texts{} : found->second;
}

template <class Enum>
Result<void> store_choice(const std::string& text, std::string_view flag, Enum& target) {
  return parse_choice(text, choices_of(flag)).map([&target](std::size_t index) {
    target = static_cast<Enum>(index);
  });
}

Result<Texts> collector_names(const Texts& values, const Choices& collectors) {
  Texts known;
  for (const CollectorChoice& choice : collectors) {
    known.push_back(choice.name);
  }
  auto names = split_lists(values);
  if (names) {
    for (const std::string& name : *names) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return unknown_name(name, "collector", known);
      }
    }
  }
  return names;
}

Result<void> apply_collector(const Texts& values, const Choices& collectors, Options& options) {
  const auto names = collector_names(values, collectors);
  if (!names) {
    return tl::unexpected(names.error());
  }
  for (const CollectorChoice& choice : collectors) {
    if (std::find(names->begin(), names->end(), choice.name) != names->end()) {
      options.collectors.push_back(choice.name);
    }
  }
  return {};
}

Result<void> apply_no_collector(const Texts& values, const Choices& collectors, Options& options) {
  const auto names = collector_names(values, collectors);
  if (!names) {
    return tl::unexpected(names.error());
  }
  std::erase_if(options.collectors, [&names](const std::string& name) {
    return std::find(names->begin(), names->end(), name) != names->end();
  });
  return {};
}

Result<void> apply_cpus(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_cpu_choice(values.front()), options.cpus);
}

Result<void> apply_aggregate(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store_choice(values.front(), "aggregate", options.aggregate);
}

Result<void> apply_guests(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store_choice(values.front(), "guests", options.guests);
}

Result<void> apply_strict(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_toggle(values.front()), options.strict);
}

Result<void> apply_listen_address(const Texts& values, const Choices& /*collectors*/,
                                  Options& options) {
  if (values.empty()) {
    return fault("names no address");
  }
  return store(split_lists(values), options.listen_addresses);
}

Result<void> apply_telemetry_path(const Texts& values, const Choices& /*collectors*/,
                                  Options& options) {
  return store(parse_telemetry_path(values.front()), options.telemetry_path);
}

Result<void> apply_max_requests(const Texts& values, const Choices& /*collectors*/,
                                Options& options) {
  return store(parse_number(values.front(), 1, kMostRequests), options.max_requests);
}

Result<void> apply_procfs(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_directory(values.front()), options.paths.procfs);
}

Result<void> apply_sysfs(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_directory(values.front()), options.paths.sysfs);
}

Result<void> apply_cgroupfs(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_directory(values.front()), options.paths.cgroupfs);
}

Result<void> apply_scope(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_scopes(values), options.scopes);
}

Result<void> apply_need(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_toggle(values.front()), options.need);
}

Result<void> apply_log_level(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store_choice(values.front(), "log.level", options.log_level);
}

Result<void> apply_log_format(const Texts& values, const Choices& /*collectors*/,
                              Options& options) {
  return store_choice(values.front(), "log.format", options.log_style.format);
}

// The file has been read by the time flags are applied: it is where they come from.
Result<void> apply_config(const Texts& /*values*/, const Choices& /*collectors*/,
                          Options& /*options*/) {
  return {};
}

Result<void> apply_format(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store_choice(values.front(), "format", options.report_format);
}

Result<void> apply_exit_zero(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_toggle(values.front()), options.exit_zero);
}

Result<void> apply_trace(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_toggle(values.front()), options.trace);
}

Result<void> apply_pid(const Texts& values, const Choices& /*collectors*/, Options& options) {
  constexpr int kMostProcesses = 4'194'304;  // PID_MAX_LIMIT in include/linux/threads.h
  return store(parse_number(values.front(), 1, kMostProcesses), options.trace_pid);
}

Result<void> apply_for(const Texts& values, const Choices& /*collectors*/, Options& options) {
  return store(parse_duration(values.front()), options.stat_for);
}

constexpr auto kList = FlagKind::list;
constexpr auto kValue = FlagKind::value;
constexpr auto kToggle = FlagKind::toggle;

constexpr auto kFlags = std::to_array<Flag>({
    {kList, "collector", "", "Collectors", "NAME", "",
     "Run exactly the collectors named. Repeatable, or a comma list.", apply_collector},
    {kList, "no-collector", "", "Collectors", "NAME", "",
     "Take these from the collectors that run. Repeatable, or a comma list.", apply_no_collector},
    {kValue, "cpus", "", "Counting", "LIST", "online",
     "Count on these CPUs: online, housekeeping (online without isolated and nohz_full), or a list "
     "like 0-3,8 or 0-63:2.",
     apply_cpus},
    {kValue, "aggregate", "", "Counting", "LEVEL", "cpu",
     "Keep the counts of every cpu apart, of every package, or sum up the whole node.",
     apply_aggregate},
    {kValue, "guests", "", "Counting", "CHOICE", "auto",
     "Count what virtual machines execute on this host, too: auto, include or exclude. auto "
     "includes it unless KVM hands the PMU to guests (mediated vPMU).",
     apply_guests},
    {kToggle, "strict", "", "Counting", "", "",
     "Exit with 3 at the start where anything wanted is refused or not there (a CPU, a PMU, an "
     "event), instead of serving the rest.",
     apply_strict},
    {kList, "web.listen-address", "", "Web", "ADDRESS", ":10950",
     "Serve on host:port, [::]:port or unix:/path. Repeatable, or a comma list.",
     apply_listen_address},
    {kValue, "web.telemetry-path", "", "Web", "PATH", "/metrics", "Serve the metrics under PATH.",
     apply_telemetry_path},
    {kValue, "web.max-requests", "", "Web", "N", "40",
     "Answer at most N scrapes at once (1 to 500); more get 503.", apply_max_requests},
    {kValue, "path.procfs", "", "Paths", "DIR", "/proc", "Where the host's procfs is mounted.",
     apply_procfs},
    {kValue, "path.sysfs", "", "Paths", "DIR", "/sys", "Where the host's sysfs is mounted.",
     apply_sysfs},
    {kValue, "path.cgroupfs", "", "Paths", "DIR", "",
     "Where the host's cgroup file systems are mounted. Default: /sys/fs/cgroup.", apply_cgroupfs},
    {kValue, "log.level", "", "Log and configuration", "LEVEL", "info",
     "Log to standard error from this level up: debug, info, warn or error.", apply_log_level},
    {kValue, "log.format", "", "Log and configuration", "FORMAT", "logfmt",
     "Write the log as logfmt or json.", apply_log_format},
    {kValue, kConfigFlag, "", "Log and configuration", "FILE", "",
     "Read flags from a TOML file, named as here without the dashes: web.max-requests = 5.",
     apply_config},
    {kValue, "format", "probe", "Probe", "FORMAT", "text", "Print the report as text or json.",
     apply_format},
    {kList, "scope", "probe", "Probe", "SCOPE", "cpu",
     "Judge what these scopes ask for: cpu (whole CPUs) and cgroup. Repeatable, or a comma list.",
     apply_scope},
    {kToggle, "need", "probe", "Probe", "", "",
     "Print instead what the wanted collectors and scopes would take on this kernel: the least "
     "capability, sysctl and pod.",
     apply_need},
    {kToggle, "exit-zero", "probe", "Probe", "", "",
     "Exit with 0 whatever was found, as init containers need it.", apply_exit_zero},
    {kToggle, "trace", "probe", "Probe", "", "",
     "As root: make refused trials again and show by the kernel's own tracing which function "
     "refused. Behind '--' it takes a command to watch instead: probe --trace -- perf stat true.",
     apply_trace},
    {kValue, "pid", "probe", "Probe", "N", "",
     "As root: watch process N like that until it is refused, ends, or a signal comes.", apply_pid},
    {kValue, "for", "stat", "Stat", "DURATION", "10s", "Count for this long: 500ms, 10s, 2m, 1h.",
     apply_for},
});

}  // namespace

std::span<const Flag> flag_table() {
  return kFlags;
}

std::string environment_name(std::string_view flag) {
  std::string name(kEnvironmentPrefix);
  for (const char c : flag) {
    const bool lower = c >= 'a' && c <= 'z';
    name += lower ? static_cast<char>(c - 'a' + 'A') : c;
    if (c == '.' || c == '-') {
      name.back() = '_';
    }
  }
  return name;
}

std::vector<FlagDescription> describe_flags(const std::vector<CollectorChoice>& collectors) {
  std::vector<std::string> on_by_default;
  for (const CollectorChoice& choice : collectors) {
    if (choice.on_by_default) {
      on_by_default.push_back(choice.name);
    }
  }
  std::vector<FlagDescription> flags;
  for (const Flag& flag : flag_table()) {
    flags.push_back({std::string(flag.name), environment_name(flag.name), std::string(flag.command),
                     std::string(flag.group), std::string(flag.value_name),
                     std::string(flag.default_value), std::string(flag.help), flag.kind,
                     choices_of(flag.name)});
    if (flag.name == "collector") {
      flags.back().default_value = join(on_by_default, ",");
    }
  }
  return flags;
}

}  // namespace perf_exporter
