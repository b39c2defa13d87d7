#include "http/routes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "http/accept.h"
#include "http/query.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kMaxUriLength = 8192;

// The page that has this path whatever the telemetry path is.
std::optional<Page> fixed_page(std::string_view path) {
  for (const Page page : kPages) {
    if (page != Page::metrics && path == to_text(page)) {
      return page;
    }
  }
  return std::nullopt;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

tl::unexpected<Refusal> refuse(int status, std::string text) {
  return tl::unexpected<Refusal>(Refusal{status, std::move(text)});
}

PageFormat page_format(Page page, std::string_view accept) {
  switch (page) {
    case Page::probe:
      return negotiate_page(accept, {PageFormat::html, PageFormat::json, PageFormat::text});
    case Page::version:
      return negotiate_page(accept, {PageFormat::text, PageFormat::json});
    case Page::status:
      return PageFormat::html;
    case Page::metrics:
    case Page::healthy:
    case Page::ready:
      break;
  }
  return PageFormat::text;
}

bool is_path_character(char character) {
  return character > ' ' && character < 0x7f && character != '?' && character != '#' &&
         character != '%';
}

}  // namespace

Result<Routes> Routes::create(std::string telemetry_path, CollectorNames collectors) {
  const std::string named = "telemetry path '" + telemetry_path + "'";
  if (telemetry_path.empty() || telemetry_path[0] != '/') {
    return fault(named + " does not start with a slash");
  }
  if (!std::all_of(telemetry_path.begin(), telemetry_path.end(), is_path_character)) {
    return fault(named +
                 " has characters that a path can't have (white space, ?, #, % or non-ASCII)");
  }
  const auto other = fixed_page(telemetry_path);
  if (other && other != Page::status) {
    return fault(named + " is taken by another page");
  }
  return Routes(std::move(telemetry_path), std::move(collectors));
}

tl::expected<Route, Refusal> Routes::find(const HttpRequest& request) const {
  if (request.path.size() + request.query.size() > kMaxUriLength) {
    return refuse(414, "the URI is longer than " + std::to_string(kMaxUriLength) + " bytes");
  }
  const auto page = find_page(request.path);
  if (!page) {
    return tl::unexpected<Refusal>(page.error());
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return refuse(405, "only GET and HEAD are served here");
  }
  Route route;
  route.page = *page;
  if (route.page != Page::metrics) {
    route.format = page_format(route.page, request.accept);
    return route;
  }
  auto filter = parse_filter(request.query);
  if (!filter) {
    return tl::unexpected<Refusal>(filter.error());
  }
  route.scrape = {negotiate(request.accept), std::move(*filter)};
  return route;
}

tl::expected<Page, Refusal> Routes::find_page(std::string_view path) const {
  if (path == telemetry_path_) {
    return Page::metrics;
  }
  if (const auto page = fixed_page(path)) {
    return *page;
  }
  return refuse(404, "there is no such page; the metrics are at " + telemetry_path_);
}

tl::expected<CollectorFilter, Refusal> Routes::parse_filter(std::string_view query) const {
  if (query.empty()) {
    return CollectorFilter{};
  }
  CollectorFilter filter{query_values(query, "collect[]"), query_values(query, "exclude[]")};
  if (!filter.collect.empty() && !filter.exclude.empty()) {
    return refuse(400, "collect[] and exclude[] can't be combined");
  }
  for (const auto* names : {&filter.collect, &filter.exclude}) {
    for (const std::string& name : *names) {
      if (std::string unknown = check_name(name); !unknown.empty()) {
        return refuse(400, std::move(unknown));
      }
    }
  }
  for (const std::string& name : filter.collect) {
    if (!contains(collectors_.running, name)) {
      std::string text = "collector '";
      text += name;
      text += "' is disabled; --collector names those that run";
      return refuse(400, std::move(text));
    }
  }
  return filter;
}

// Why the name is none of a collector; empty where it is one.
std::string Routes::check_name(const std::string& name) const {
  if (contains(collectors_.running, name) || contains(collectors_.disabled, name)) {
    return "";
  }
  std::vector<std::string> known = collectors_.running;
  known.insert(known.end(), collectors_.disabled.begin(), collectors_.disabled.end());
  return "unknown collector '" + name + "'" + did_you_mean(name, known);
}

}  // namespace perf_exporter
