#include "exposition/escape.h"

#include <algorithm>
#include <cstddef>

namespace perf_exporter {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of a sequence by its first byte and the range of its second byte; length 0: no
// sequence starts so. The bytes after the second are always 80 to BF.
struct Lead {
  std::size_t length;
  unsigned char second_low;
  unsigned char second_high;
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) {
    return {1, 0, 0};
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return {2, 0x80, 0xBF};
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const auto low = static_cast<unsigned char>(first == 0xE0 ? 0xA0 : 0x80);
    const auto high = static_cast<unsigned char>(first == 0xED ? 0x9F : 0xBF);
    return {3, low, high};
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const auto low = static_cast<unsigned char>(first == 0xF0 ? 0x90 : 0x80);
    const auto high = static_cast<unsigned char>(first == 0xF4 ? 0x8F : 0xBF);
    return {4, low, high};
  }
  return {0, 0, 0};
}

// The length of the well-formed sequence at the start of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.length <= 1) {
    return lead.length;
  }
  if (text.size() < lead.length) {
    return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  if (second < lead.second_low || second > lead.second_high) {
    return 0;
  }
  for (std::size_t i = 2; i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 || byte > 0xBF) {
      return 0;
    }
  }
  return lead.length;
}

enum class Quotes { plain, escaped };

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
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      valid += kReplacement;
      text.remove_prefix(1);
    } else {
      valid += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return valid;
}

void append_help(std::string& out, std::string_view help, Format format) {
  append_escaped(out, help, format == Format::openmetrics ? Quotes::escaped : Quotes::plain);
}

void append_label_value(std::string& out, std::string_view value) {
  append_escaped(out, value, Quotes::escaped);
}

}  // namespace perf_exporter
