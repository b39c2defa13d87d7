#include "exposition/negotiation.h"

#include <algorithm>

#include "base/header_list.h"
#include "base/text.h"

namespace perf_exporter {
namespace {

// How closely a range names the text format, 0: not at all. The closest one's q-value counts.
int closeness_to_text(const WeightedElement& range) {
  if (equal_ignoring_case(range.name, "text/plain")) {
    return range.version.empty() || range.version == "0.0.4" ? 3 : 0;
  }
  if (equal_ignoring_case(range.name, "text/*")) {
    return 2;
  }
  return range.name == "*/*" ? 1 : 0;
}

// The best q-values that the header gives to what is served here; 0 where it names none.
struct Wishes {
  int openmetrics = 0;
  int old_openmetrics = 0;  // version 0.0.1
  int text = 0;
  int closeness = 0;  // of the range that the text's value comes from
};

void add_openmetrics(const WeightedElement& range, Wishes& wishes) {
  if (!equal_ignoring_case(range.name, "application/openmetrics-text")) {
    return;
  }
  if (range.version.empty() || range.version == "1.0.0") {
    wishes.openmetrics = std::max(wishes.openmetrics, *range.weight);
  } else if (range.version == "0.0.1") {
    wishes.old_openmetrics = std::max(wishes.old_openmetrics, *range.weight);
  }
}

void add_text(const WeightedElement& range, Wishes& wishes) {
  const int closeness = closeness_to_text(range);
  if (closeness > wishes.closeness) {
    wishes.closeness = closeness;
    wishes.text = *range.weight;
  } else if (closeness != 0 && closeness == wishes.closeness) {
    wishes.text = std::max(wishes.text, *range.weight);
  }
}

}  // namespace

Representation negotiate(std::string_view accept) {
  Wishes wishes;
  while (!accept.empty()) {
    // What the scraper meant by a range whose weight is malformed is unknown.
    if (const auto range = next_weighted(accept); range.weight) {
      add_openmetrics(range, wishes);
      add_text(range, wishes);
    }
  }
  const int openmetrics = std::max(wishes.openmetrics, wishes.old_openmetrics);
  if (openmetrics == 0 || openmetrics < wishes.text) {
    return {Format::text, "text/plain; version=0.0.4; charset=utf-8"};
  }
  return {Format::openmetrics, wishes.old_openmetrics > wishes.openmetrics
                                   ? "application/openmetrics-text; version=0.0.1; charset=utf-8"
                                   : "application/openmetrics-text; version=1.0.0; charset=utf-8"};
}

}  // namespace perf_exporter
