#pragma once

#include <string>

#include "collectors/families/info_families.h"
#include "exposition/format.h"

namespace perf_exporter {

// The exporter's own metrics as text: sample lines by prometheus-cpp's TextSerializer, headers by
// append_header, since prometheus-cpp does not escape HELP and knows no OpenMetrics. Families
// without a metric are left out, timestamps too. Counters, gauges and untyped metrics only:
// OpenMetrics has rules for the bucket and quantile labels of the other types that prometheus-cpp
// does not keep, so these are left out.
std::string info_text(const InfoFamilies& info, Format format);

}  // namespace perf_exporter
