// What a request asks for: method, path, query and headers in, an action out. No sockets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/enumerators.h"
#include "base/result.h"
#include "http/content.h"

namespace perf_exporter {

// The parts of a request that decide its answer; empty where the client sent none.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // decoded, without the query
  std::string_view query;  // as sent
  std::string_view accept;
  std::string_view accept_encoding;
};

enum class Page { metrics, healthy, ready, status, probe, version };

// The path of a page; of `metrics` the usual one, which the telemetry path stands in for.
constexpr std::string_view to_text(Page page) {
  switch (page) {
    case Page::metrics:
      return "/metrics";
    case Page::healthy:
      return "/-/healthy";
    case Page::ready:
      return "/-/ready";
    case Page::status:
      return "/";
    case Page::probe:
      return "/probe";
    case Page::version:
      return "/version";
  }
  return "";
}

inline constexpr auto kPages = enumerators<Page>();

struct Route {
  Page page = Page::status;
  ScrapeRequest scrape;                  // of Page::metrics
  PageFormat format = PageFormat::html;  // of the other pages
};

// A request that gets an error: the status and one sentence for people.
struct Refusal {
  int status = 0;
  std::string text;
};

// collect[] and exclude[] name collectors that are known to the program, running or not.
struct CollectorNames {
  std::vector<std::string> running;
  std::vector<std::string> disabled;
};

class Routes {
 public:
  // A fault where the path does not start with a slash, is another page's, or has a query or
  // characters that no path in a request can have.
  static Result<Routes> create(std::string telemetry_path, CollectorNames collectors);

  // GET and HEAD only (405), known paths only (404), bounded URIs (414). Metrics: collect[] and
  // exclude[] at once, an unknown name, or collect[] of a collector that does not run are refused
  // (400); the text names the nearest names. Where metrics live at "/" there is no status page.
  [[nodiscard]] tl::expected<Route, Refusal> find(const HttpRequest& request) const;

 private:
  Routes(std::string telemetry_path, CollectorNames collectors)
      : telemetry_path_(std::move(telemetry_path)), collectors_(std::move(collectors)) {}

  [[nodiscard]] tl::expected<Page, Refusal> find_page(std::string_view path) const;
  [[nodiscard]] tl::expected<CollectorFilter, Refusal> parse_filter(std::string_view query) const;
  [[nodiscard]] std::string check_name(const std::string& name) const;

  std::string telemetry_path_;
  CollectorNames collectors_;
};

}  // namespace perf_exporter
