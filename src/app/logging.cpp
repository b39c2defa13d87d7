#include "app/logging.h"

#include <spdlog/formatter.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/json.h"
#include "base/text.h"

namespace perf_exporter {
namespace {

constexpr char kFieldMark = '\x1f';
constexpr char kValueMark = '\x1e';

std::string utc_time(spdlog::log_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since_epoch = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  const auto length = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(since_epoch.count() % 1000));
  return std::string(date.data(), length) + fraction.data();
}

std::string_view level_name(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) {
    return "debug";
  }
  if (level == spdlog::level::info) {
    return "info";
  }
  return level == spdlog::level::warn ? "warn" : "error";
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

struct Field {
  std::string_view name;
  std::string_view value;
};

// The message and the fields of a payload that with_fields made; any other text is all message.
std::vector<Field> take_apart(std::string_view payload) {
  auto mark = payload.find(kFieldMark);
  std::vector<Field> fields = {{"msg", payload.substr(0, mark)}};
  while (mark != std::string_view::npos) {
    const auto end = payload.find(kFieldMark, mark + 1);
    const auto text = payload.substr(
        mark + 1, end == std::string_view::npos ? std::string_view::npos : end - mark - 1);
    const auto middle = text.find(kValueMark);
    if (middle == std::string_view::npos || !is_field_name(text.substr(0, middle))) {
      return {{"msg", payload}};
    }
    fields.push_back({text.substr(0, middle), text.substr(middle + 1)});
    mark = end;
  }
  return fields;
}

// Whether logfmt can show a value as it is.
bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

class LogfmtFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = "time=" + utc_time(message.time) + " level=";
    line += level_name(message.level);
    for (const Field& field : take_apart({message.payload.data(), message.payload.size()})) {
      line.append(" ").append(field.name).append("=");
      if (field.name != "msg" && is_plain(field.value)) {
        line += field.value;
      } else {
        append_json_string(field.value, line);
      }
    }
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LogfmtFormatter>();
  }
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = R"({"time":")" + utc_time(message.time) + R"(","level":")";
    line.append(level_name(message.level)).append("\"");
    for (const Field& field : take_apart({message.payload.data(), message.payload.size()})) {
      line.append(",\"").append(field.name).append("\":");
      append_json_string(field.value, line);
    }
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

// The priorities of syslog(3).
char priority_of(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) {
    return '7';
  }
  return level == spdlog::level::info ? '6' : level == spdlog::level::warn ? '4' : '3';
}

class PriorityFormatter : public spdlog::formatter {
 public:
  explicit PriorityFormatter(std::unique_ptr<spdlog::formatter> line) : line_(std::move(line)) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const char prefix[] = {'<', priority_of(message.level), '>'};
    out.append(std::begin(prefix), std::end(prefix));
    line_->format(message, out);
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<PriorityFormatter>(line_->clone());
  }

 private:
  std::unique_ptr<spdlog::formatter> line_;
};

std::string without_marks(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c == kFieldMark || c == kValueMark; }, ' ');
  return clean;
}

}  // namespace

std::unique_ptr<spdlog::formatter> make_log_formatter(LogStyle style) {
  std::unique_ptr<spdlog::formatter> formatter = std::make_unique<LogfmtFormatter>();
  if (style.format == LogFormat::json) {
    formatter = std::make_unique<JsonFormatter>();
  }
  return style.prefix == LogPrefix::none
             ? std::move(formatter)
             : std::make_unique<PriorityFormatter>(std::move(formatter));
}

std::string error_line(std::string_view what, LogStyle style) {
  constexpr auto kLevel = spdlog::level::err;
  if (style.format == LogFormat::json) {
    spdlog::memory_buf_t line;
    make_log_formatter(style)->format({"", kLevel, with_fields(what, {})}, line);
    return {line.data(), line.size()};
  }
  const std::string prefix =
      style.prefix == LogPrefix::none ? "" : std::string("<") + priority_of(kLevel) + ">";
  return prefix + "perf-exporter: " + printable(what) + "\n";
}

std::string with_fields(std::string_view message, const LogFields& fields) {
  std::string text = without_marks(message);
  for (const auto& [name, value] : fields) {
    text.append(1, kFieldMark).append(name).append(1, kValueMark).append(without_marks(value));
  }
  return text;
}

}  // namespace perf_exporter
