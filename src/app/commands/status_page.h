#pragma once

#include <optional>
#include <string>

#include "app/options/options.h"
#include "caps/report/report.h"
#include "collectors/counting/counter_set.h"

namespace perf_exporter {

// The page at /: what is counted, what is not and why, as of the newest reading, and links to the
// other pages, relative to this one. What no reading has told yet says so.
std::string status_page(const Options& options, const Snapshot& now,
                        const std::optional<ProbeReport>& report);

// A whole HTML page around `body`, with the style that all pages share. `title` is escaped, `body`
// is taken as it is.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace perf_exporter
