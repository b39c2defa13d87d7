// What the user asked for: from the command line, else the environment, else the file of --config,
// else the defaults.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/logging.h"
#include "app/options/option_values.h"
#include "caps/report/report.h"
#include "collectors/families/counter_table.h"
#include "host/host_paths.h"
#include "host/online_cpus.h"

namespace perf_exporter {

enum class Command { serve, probe, list, stat };
enum class ReportFormat { text, json };

// A PERF_EXPORTER_* variable that is no flag's: a mistake where a flag's name is near. Else
// somebody else's business: Kubernetes injects such ones (PERF_EXPORTER_PORT) for a Service called
// perf-exporter, or perf-exporter-web.
struct IgnoredVariable {
  std::string name;
  std::string hint;  // " (did you mean PERF_EXPORTER_LOG_LEVEL?)"; empty where it is no mistake

  friend bool operator==(const IgnoredVariable&, const IgnoredVariable&) = default;
};

// Every value is checked. Whether listen addresses can be bound is found out by the server.
struct Options {
  Command command = Command::serve;
  std::vector<std::string> collectors;  // those that run, at least one, in the table's order
  CpuChoice cpus;
  Aggregate aggregate = Aggregate::cpu;
  GuestChoice guests = GuestChoice::automatic;
  bool strict = false;  // whatever is wanted and can't be counted ends startup
  std::vector<std::string> listen_addresses;
  std::string telemetry_path;
  int max_requests = 0;
  HostPaths paths;
  LogLevel log_level = LogLevel::info;
  LogStyle log_style;  // the prefix follows from where standard error leads (JOURNAL_STREAM)
  ReportFormat report_format = ReportFormat::text;  // probe
  bool exit_zero = false;                           // probe
  std::vector<std::string> scopes;                  // probe: "cpu", "cgroup"
  bool need = false;                                // probe: what it would take, instead
  Paint paint = Paint::plain;                       // what a terminal may be sent (NO_COLOR, TERM)
  bool trace = false;                               // probe
  int trace_pid = 0;                                // probe; 0: none
  std::vector<std::string> trace_command;           // probe --trace; empty: none
  std::string list_pattern;                         // list; empty: all
  std::chrono::milliseconds stat_for{};             // stat
  std::vector<IgnoredVariable> ignored_environment;
};

// A collector that --collector may name.
struct CollectorChoice {
  std::string name;
  std::string help;
  bool on_by_default = false;
};

// What to print before exiting without having done anything: code 0 and `out` for --help and
// --version, code 2 and in `err`, as one line without its end, what a mistake of the user's is; to
// be said in `style`.
struct EarlyExit {
  int code = 0;
  std::string out;
  std::string err;
  LogStyle style = {};
};

// `argv` as main gets it; `environment` may hold any variables. `collectors` is the table of all
// there are. Reads the file of --config and looks at the directories of --path.*; nothing else.
tl::expected<Options, EarlyExit> parse_options(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    const std::vector<CollectorChoice>& collectors);

// This process's variables that start with PERF_EXPORTER_, NO_COLOR, TERM and JOURNAL_STREAM: the
// only look at the environment there is. Not safe beside a thread that changes it.
std::map<std::string, std::string> exporter_environment();

// Where the service manager that started this process wants to be told how far it is
// (NOTIFY_SOCKET, sd_notify(3)); empty where none does.
std::string notify_socket();

// How a flag is given: with one value, with values (repeated or as a comma list), or with none.
enum class FlagKind { value, list, toggle };

struct FlagDescription {
  std::string name;           // without dashes, which is its key in the file of --config, too
  std::string environment;    // PERF_EXPORTER_<NAME>
  std::string command;        // the sub-command that takes it, empty: all and none
  std::string group;          // its heading in --help
  std::string value_name;     // "FILE"; empty for a toggle
  std::string default_value;  // as it would be written; empty: none
  std::string help;
  FlagKind kind = FlagKind::value;
  std::vector<std::string> choices;  // all its values, where there are a few
};

// Every flag but --help and --version, in the order of --help. --config alone has no key in a file.
std::vector<FlagDescription> describe_flags(const std::vector<CollectorChoice>& collectors);

}  // namespace perf_exporter
