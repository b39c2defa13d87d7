// The HELP and TYPE lines before a family's samples.
#pragma once

#include <string>
#include <string_view>

#include "exposition/format.h"

namespace perf_exporter {

// A counter's name without _total, or the name as it is where it does not end so: the name
// OpenMetrics gives the family while its samples keep the suffix (OpenMetrics 1.0.0, "Counter").
std::string_view without_total(std::string_view name);

// What a header says.
struct FamilyHeader {
  std::string_view name;  // the full metric name; a counter's with _total
  std::string_view type;  // "counter", "gauge" or "untyped"
  std::string_view help;  // unescaped; empty: no HELP line
};

// Appends the header. OpenMetrics knows no counter whose samples lack _total and no untyped: both
// become "unknown", since one wrong line makes a scraper drop the whole answer.
void append_header(std::string& out, const FamilyHeader& header, Format format);

}  // namespace perf_exporter
