// What a layout must keep to so that Prometheus takes it: pure checks, for tests and debug builds.
#pragma once

#include <string>
#include <vector>

#include "collectors/families/info_families.h"
#include "collectors/families/sample_table.h"

namespace perf_exporter {

// Each breach as a sentence fragment that names the family; none: the layout is fine. Rules:
// - metric and label names are [a-zA-Z_][a-zA-Z0-9_]* (colons belong to recording rules; label
//   names with two leading underscores to Prometheus), no label twice in a set;
// - counters end in _total, gauges in none of the suffixes of other types;
// - HELP is one line of UTF-8 and not empty;
// - all rows have labels, or none has;
// - no two families of one name, in OpenMetrics either, where a counter goes without _total;
// - no two series of a family with the same labels. An empty label is one that is not there
//   (Prometheus, "Data model").
std::vector<std::string> check_layout(const Layout& layout);

// The names that both the table's families and the own metrics take up, or two of the own metrics,
// in either format. Such an answer is invalid as a whole: a scraper refuses a family that comes
// twice. A counter takes up its name with and without _total and with _created.
std::vector<std::string> check_clashes(const Layout& layout, const InfoFamilies& info);

}  // namespace perf_exporter
