#include "app/options/config_file.h"

#include <algorithm>

namespace perf_exporter {
namespace {

bool is_bare_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_integer(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  return !text.empty() && (text.size() == 1 || text.front() != '0') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Walks the text once from left to right; every step either consumes what it read or fails.
class ConfigReader {
 public:
  explicit ConfigReader(std::string_view text) : text_(text) {}

  Result<std::vector<ConfigEntry>> read() {
    for (skip_blank_lines(); !at_end(); skip_blank_lines()) {
      if (auto done = peek() == '[' ? read_table() : read_entry(); !done) {
        return tl::unexpected(done.error());
      }
      if (auto done = read_line_end(); !done) {
        return tl::unexpected(done.error());
      }
    }
    return std::move(entries_);
  }

 private:
  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  // The next character; 0 at the end of the text.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }

  char take() {
    line_ += peek() == '\n' ? 1 : 0;
    return text_[position_++];
  }

  [[nodiscard]] tl::unexpected<Fault> bad_line(const std::string& why) const {
    return fault("line " + std::to_string(line_) + ": " + why);
  }

  void skip_blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) {
      take();
    }
  }

  void skip_blanks_and_comment() {
    skip_blanks();
    if (peek() == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    }
  }

  void skip_blank_lines() {
    for (skip_blanks_and_comment(); !at_end() && peek() == '\n'; skip_blanks_and_comment()) {
      take();
    }
  }

  Result<void> read_line_end() {
    skip_blanks_and_comment();
    if (!at_end() && peek() != '\n') {
      return bad_line("unexpected '" + rest_of_line() + "' behind what is complete without it");
    }
    return {};
  }

  [[nodiscard]] std::string rest_of_line() const {
    const auto rest = text_.substr(position_, text_.find('\n', position_) - position_);
    return std::string(rest.substr(0, rest.find_last_not_of(" \t\r") + 1));
  }

  Result<void> read_table() {
    take();
    if (peek() == '[') {
      return bad_line("arrays of tables ([[…]]) have no meaning here");
    }
    auto key = read_key();
    if (!key) {
      return tl::unexpected(key.error());
    }
    if (peek() != ']') {
      return bad_line("the table name '" + *key + "' is not closed with ']'");
    }
    take();
    table_ = *key + ".";
    return {};
  }

  Result<void> read_entry() {
    const int line = line_;
    auto key = read_key();
    if (!key) {
      return tl::unexpected(key.error());
    }
    if (peek() != '=') {
      return bad_line("'" + *key + "' is not followed by '=' and a value");
    }
    take();
    skip_blanks();
    auto values = peek() == '[' ? read_array() : read_scalar().map([](std::string value) {
      return std::vector<std::string>{std::move(value)};
    });
    if (!values) {
      return tl::unexpected(values.error());
    }
    return add({table_ + *key, std::move(*values), line});
  }

  Result<void> add(ConfigEntry entry) {
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const ConfigEntry& each) { return each.key == entry.key; });
    if (same != entries_.end()) {
      return fault("line " + std::to_string(entry.line) + ": '" + entry.key +
                   "' is set already in line " + std::to_string(same->line));
    }
    entries_.push_back(std::move(entry));
    return {};
  }

  // A dotted key without the blanks around it and its dots.
  Result<std::string> read_key() {
    std::string key;
    while (true) {
      skip_blanks();
      auto part = peek() == '"' || peek() == '\'' ? read_string() : read_bare_key();
      if (!part) {
        return part;
      }
      key += *part;
      skip_blanks();
      if (peek() != '.') {
        return key;
      }
      key += take();
    }
  }

  Result<std::string> read_bare_key() {
    std::string key;
    while (!at_end() && is_bare_key_character(peek())) {
      key += take();
    }
    if (key.empty()) {
      return bad_line("a key was expected at '" + rest_of_line() + "'");
    }
    return key;
  }

  Result<std::vector<std::string>> read_array() {
    const int opened = line_;
    take();
    std::vector<std::string> values;
    while (true) {
      skip_blank_lines();
      if (peek() == ']') {
        take();
        return values;
      }
      if (at_end()) {
        return fault("line " + std::to_string(opened) + ": the array is not closed with ']'");
      }
      auto value = read_scalar();
      if (!value) {
        return tl::unexpected(value.error());
      }
      values.push_back(std::move(*value));
      skip_blank_lines();
      if (peek() == ',') {
        take();
      } else if (!at_end() && peek() != ']') {
        return bad_line("',' or ']' was expected at '" + rest_of_line() + "'");
      }
    }
  }

  Result<std::string> read_scalar() {
    if (peek() == '"' || peek() == '\'') {
      return read_string();
    }
    std::string word;
    while (!at_end() && std::string_view(" \t\r\n,]#").find(peek()) == std::string_view::npos) {
      word += take();
    }
    if (word == "true" || word == "false" || is_integer(word)) {
      return word;
    }
    return bad_line((word.empty() ? "a value is missing" : "'" + word + "' is no value") +
                    "; one is a string in quotes, a whole number, true, false or an array");
  }

  // Quoted text on one line; only in double quotes does a backslash escape.
  Result<std::string> read_string() {
    const char quote = take();
    std::string value;
    while (!at_end() && peek() != '\n') {
      const char c = take();
      if (c == quote) {
        return value;
      }
      if (c != '\\' || quote == '\'') {
        value += c;
        continue;
      }
      const std::string_view names = "\"\\tnrbf";
      if (at_end()) {
        break;
      }
      const auto index = names.find(peek());
      if (index == std::string_view::npos) {
        return bad_line(std::string("'\\") + peek() + "' is no escape known here");
      }
      take();
      value += std::string_view("\"\\\t\n\r\b\f")[index];
    }
    return bad_line(std::string("a string is not closed with ") + quote);
  }

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1;
  std::string table_;
  std::vector<ConfigEntry> entries_;
};

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return fault("line 1: this is UTF-16; save the file as UTF-8");
  }
  text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  return ConfigReader(text).read();
}

}  // namespace perf_exporter
