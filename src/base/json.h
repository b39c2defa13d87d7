#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// Appends `text` as a JSON string with its quotes (RFC 8259, section 7). Control characters are
// escaped; bytes that are not UTF-8 are replaced.
void append_json_string(std::string_view text, std::string& out);

// The same as a text of its own.
std::string json_string(std::string_view text);

// A JSON array of what `render` makes of each item: a JSON text.
template <class Items, class Render>
std::string json_array(const Items& items, Render render) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) {
      out += ',';
    }
    out += render(item);
  }
  return out + "]";
}

// A JSON array of strings.
std::string json_array(const std::vector<std::string>& texts);

}  // namespace perf_exporter
