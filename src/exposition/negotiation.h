// Which of the text formats a scraper gets.
#pragma once

#include <string_view>

#include "exposition/format.h"

namespace perf_exporter {

// A format, and the Content-Type header of a response in it.
struct Representation {
  Format format = Format::text;
  std::string_view content_type;
};

// What a request gets whose Accept header is `accept` (empty: no header), by the q-values of RFC
// 9110, section 12.5.1. OpenMetrics is chosen only where the scraper names
// application/openmetrics-text with version 1.0.0, 0.0.1 or none and does not prefer text/plain. It
// is called 0.0.1 where the scraper likes that best: for what is served here the two read the same.
// Parameters other than version and q (escaping, charset) are ignored. Anything else, malformed
// headers included, gets text: a browser or curl is better served with text than with a 406.
Representation negotiate(std::string_view accept);

}  // namespace perf_exporter
