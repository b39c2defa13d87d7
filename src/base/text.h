#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// What stands for a byte that is not UTF-8: U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 sequence at the start of `text`, which is not empty; 0 where
// there is none (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF).
std::size_t utf8_sequence_length(std::string_view text);

// Whether a well-formed sequence is a control character (Unicode's category Cc).
[[nodiscard]] bool is_control_character(std::string_view sequence);

// `text` as people may be shown it, on a terminal or a page, as one piece of a line: bytes that are
// not UTF-8 and control characters, line breaks among them, are each replaced by U+FFFD.
std::string printable(std::string_view text);

// `text` as printable() makes it, to stand between tags or in an attribute's quotes of HTML.
std::string html_text(std::string_view text);

// Without the blanks around it.
std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n");

// The parts with `separator` between each two.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Whether the texts are the same but for the case of ASCII letters, whatever the locale.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

// "EACCES"; "errno 512" for a number that has no name (errno(3)).
std::string error_name(int error);

// " (EACCES)", to stand behind what failed; empty where `error` is 0.
std::string error_in_brackets(int error);

}  // namespace perf_exporter
