// The exporter's log: one line a message to standard error, as logfmt or JSON. The time is UTC.
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perf_exporter {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };

// What each line begins with: nothing, or its priority as the journal takes it from a stream,
// "<4>" for a warning (sd-daemon(3)).
enum class LogPrefix { none, priority };

struct LogStyle {
  LogFormat format = LogFormat::logfmt;
  LogPrefix prefix = LogPrefix::none;

  friend bool operator==(const LogStyle&, const LogStyle&) = default;
};

// What the log writes lines with:
//   time=2026-01-31T12:00:00.123Z level=info msg="listening" address=:10950
//   {"time":"2026-01-31T12:00:00.123Z","level":"info","msg":"listening","address":":10950"}
// Whatever bytes a message holds, a line stays one line: quotes, backslashes and control characters
// are escaped as in JSON (RFC 8259, section 7) in both formats, and bytes that are not UTF-8 become
// U+FFFD.
std::unique_ptr<spdlog::formatter> make_log_formatter(LogStyle style);

// One line, with its line break, for people who started a command or wait for its end: in JSON as
// an error in the log, else "perf-exporter: WHAT".
std::string error_line(std::string_view what, LogStyle style);

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// A message with named values, as a text that the formatter takes apart again:
//   logger.info(with_fields("listening", {{"address", ":10950"}}));
// Names are snake_case. ASCII's unit and record separators (0x1f, 0x1e), which part the fields,
// become blanks where the message or a value holds them.
std::string with_fields(std::string_view message, const LogFields& fields);

}  // namespace perf_exporter
