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

}  // namespace perf_exporter
