#pragma once

#include <string_view>

namespace perf_exporter {

// Whether `text` holds `pattern`, ASCII letters in either case; an empty pattern is in every text.
bool holds_ignoring_case(std::string_view text, std::string_view pattern);

// Whether `word` stands in `text` between blanks, line ends or its ends.
bool holds_word(std::string_view text, std::string_view word);

}  // namespace perf_exporter
