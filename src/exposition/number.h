// Sample values as text. std::to_chars throughout: it knows no locale.
#pragma once

#include <cstddef>

#include "base/count.h"

namespace perf_exporter {

// No value takes more characters than this: the largest Count has 39 digits, as nanoseconds 40
// characters.
inline constexpr std::size_t kLongestNumber = 40;

// Each writes to `to`, which has room for kLongestNumber characters, and returns the end of what it
// wrote.

// Every digit of `count`, never an exponent.
char* write_count(char* to, Count count);

// `nanoseconds` as seconds with exactly nine decimals, without rounding: 1500000000 is
// "1.500000000".
char* write_seconds(char* to, Count nanoseconds);

// The shortest text that reads back as the same double; "NaN", "+Inf", "-Inf".
char* write_real(char* to, double value);

}  // namespace perf_exporter
