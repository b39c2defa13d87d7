#include "exposition/escape.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace perf_exporter {
namespace {

// Whether `text` is written as it is whatever the format: nearly every label value. A layout of
// containers has tens of thousands of them.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return letter != '\\' && letter != '"' && letter != '\n' &&
           static_cast<unsigned char>(letter) < 0x80;
  });
}

void append_escaped(std::string& out, std::string_view text, Quotes quotes) {
  if (is_plain(text)) {
    out += text;
    return;
  }
  for (const char letter : valid_utf8(text)) {
    if (letter == '\n') {
      out += "\\n";
    } else if (letter == '\\' || (letter == '"' && quotes == Quotes::escaped)) {
      out += '\\';
      out += letter;
    } else {
      out += letter;
    }
  }
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      valid += kReplacementCharacter;
      text.remove_prefix(1);
    } else {
      valid += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return valid;
}

void append_help(std::string& out, std::string_view help, Format format) {
  append_escaped(out, help, rules_of(format).help_quotes);
}

void append_label_value(std::string& out, std::string_view value) {
  append_escaped(out, value, Quotes::escaped);
}

}  // namespace perf_exporter
