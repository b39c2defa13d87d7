// How reports lay text out on a terminal of 80 columns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// How wide a terminal is taken to be.
inline constexpr std::size_t kColumns = 80;

// What a line begins with that is a command or configuration and not prose.
inline constexpr std::string_view kVerbatimMargin = "  ";

// Calls `take` with every line of a text.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    take(line);
  }
}

// Whether a line is a command or configuration and stays whole, whatever the width.
constexpr bool is_verbatim(std::string_view line) {
  return line.starts_with(kVerbatimMargin);
}

// Breaks a line at spaces into pieces of at most `width`; a longer word stays whole.
std::vector<std::string_view> wrap(std::string_view line, std::size_t width);

// Appends "  label     text", the text from `column` on and wrapped below itself. Verbatim
// lines, and words longer than a line, stay whole.
void add_labelled(std::string& out, std::string_view label, std::string_view text,
                  std::size_t column);

// The text and blanks up to `width`, one at least.
std::string padded(std::string text, std::size_t width);

}  // namespace perf_exporter
