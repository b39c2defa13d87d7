#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perf_exporter {

// What stands for a byte that is not UTF-8: U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 sequence at the start of `text`, which is not empty; 0 where
// there is none (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF).
std::size_t utf8_sequence_length(std::string_view text);

// `text` as people may be shown it, on a terminal or a page, as one piece of a line: bytes that are
// not UTF-8 and control characters (Unicode's category Cc, line breaks among them) are each
// replaced by U+FFFD.
std::string printable(std::string_view text);

// Appends `text` as a JSON string with its quotes (RFC 8259, section 7). Control characters are
// escaped; bytes that are not UTF-8 are replaced.
void append_json_string(std::string_view text, std::string& out);

}  // namespace perf_exporter
