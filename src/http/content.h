// What the server serves, given to it by the application: the server knows routes and the wire, not
// what is counted.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "exposition/collector_filter.h"
#include "exposition/negotiation.h"

namespace perf_exporter {

// One request for metrics. The names in `filter` are known ones of collectors that run.
struct ScrapeRequest {
  Representation representation;
  CollectorFilter filter;
};

// The representations that a page can have.
enum class PageFormat { text, html, json };

// starting: the first opens have not been tried yet.
enum class ReadyState { starting, ready };

struct Readiness {
  ReadyState state = ReadyState::starting;
  std::string text;  // the findings in plain text, the body of /-/ready
};

// All functions are set, and are called on the server's threads, several at once. What they throw
// is logged and answered with 500.
struct Content {
  // Appends the metrics to `body`, which comes empty and keeps its capacity from one scrape to the
  // next.
  std::function<void(const ScrapeRequest&, std::string& body)> metrics;
  // How many calls of `metrics` hang in the kernel now and may never return. What bounds requests
  // and threads does without those.
  std::function<std::size_t()> lost_scrapes = [] { return std::size_t{0}; };
  std::function<Readiness()> ready;
  std::function<std::string(PageFormat)> probe;
  std::function<std::string()> status_page;        // HTML
  std::function<std::string(PageFormat)> version;  // text or json
};

}  // namespace perf_exporter
