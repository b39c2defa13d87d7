#include "base/search.h"

#include <algorithm>
#include <cctype>

namespace perf_exporter {

bool holds_ignoring_case(std::string_view text, std::string_view pattern) {
  const auto equal = [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) ==
           std::tolower(static_cast<unsigned char>(right));
  };
  return std::search(text.begin(), text.end(), pattern.begin(), pattern.end(), equal) != text.end();
}

bool holds_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
    const auto after = at + word.size();
    const bool ends = after == text.size() || text[after] == ' ' || text[after] == '\n';
    if (starts && ends) {
      return true;
    }
  }
  return false;
}

}  // namespace perf_exporter
