#include "base/json.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace perf_exporter {
namespace {

void append_control(std::string_view sequence, std::string& out) {
  constexpr std::string_view kLetters = "\b\f\n\r\t";
  if (const auto index = kLetters.find(sequence); index != std::string_view::npos) {
    out += '\\';
    out += std::string_view("bfnrt")[index];
    return;
  }
  // The second byte of the sequences that have one is their code point.
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x",
                static_cast<unsigned>(static_cast<unsigned char>(sequence.back())));
  out += escape.data();
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const char c = text.front();
    if (length == 0) {
      out += kReplacementCharacter;
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (is_control_character(text.substr(0, length))) {
      append_control(text.substr(0, length), out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

std::string json_array(const std::vector<std::string>& texts) {
  return json_array(texts, [](const std::string& text) { return json_string(text); });
}

}  // namespace perf_exporter
