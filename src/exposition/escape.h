// Escaping of HELP texts and label values for the text formats.
#pragma once

#include <string>
#include <string_view>

#include "exposition/format.h"

namespace perf_exporter {

// `text` with each byte that belongs to no well-formed UTF-8 sequence (Unicode 15, table 3-7: no
// surrogates, no overlong forms) replaced by U+FFFD. Both formats are UTF-8 throughout, and a
// scraper drops a whole answer for one bad byte.
std::string valid_utf8(std::string_view text);

// Appends a HELP text: backslash and line feed escaped, and the double quote where the format's
// rules say so; not UTF-8 replaced as by valid_utf8.
void append_help(std::string& out, std::string_view help, Format format);

// Appends what stands between the quotes of a label value: backslash, double quote and line feed
// escaped, in both formats alike; not UTF-8 replaced as by valid_utf8.
void append_label_value(std::string& out, std::string_view value);

}  // namespace perf_exporter
