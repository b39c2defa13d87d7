#include "http/responder.h"

#include <exception>
#include <string>

#include "base/text.h"
#include "http/accept.h"

namespace perf_exporter {
namespace {

// A smaller body fits into one packet with its head, so that compressing it saves nothing.
constexpr std::size_t kMinCompressed = 1024;

constexpr std::string_view kText = "text/plain; charset=utf-8";

// What a request says may be quoted in it.
void write_line(std::string_view text, std::string& body) {
  body = printable(text);
  body += '\n';
}

// Puts the head before the payload: both leave in one write, so in one packet where they fit.
std::string_view join(const ResponseHead& head, std::string_view payload, std::string_view method,
                      Exchange& exchange) {
  exchange.head.clear();
  append_head(head, exchange.head);
  if (method == "HEAD") {
    return exchange.head;
  }
  if (payload.data() == exchange.body.data()) {
    exchange.body.insert(0, exchange.head);
  } else {
    exchange.body.assign(exchange.head).append(payload);
  }
  return exchange.body;
}

}  // namespace

std::string_view Responder::answer(const HttpRequest& request, Connection connection,
                                   Exchange& exchange) {
  const Body body = write_body(request, exchange);
  ResponseHead head{body.status, body.content_type};
  head.connection = connection;
  std::string_view payload = exchange.body;
  if (payload.size() >= kMinCompressed &&
      negotiate_coding(request.accept_encoding) == ContentCoding::gzip) {
    if (const auto compressed = exchange.gzip.compress(payload)) {
      payload = *compressed;
      head.coding = ContentCoding::gzip;
    } else {
      logger_->warn("http: answering uncompressed: {}", compressed.error().what);
    }
  }
  head.content_length = payload.size();
  return join(head, payload, request.method, exchange);
}

std::string_view Responder::refuse(const Refusal& refusal, std::string_view method,
                                   Exchange& exchange) {
  write_line(refusal.text, exchange.body);
  ResponseHead head{refusal.status};
  head.content_length = exchange.body.size();
  head.connection = Connection::close;
  return join(head, exchange.body, method, exchange);
}

Responder::Body Responder::write_body(const HttpRequest& request, Exchange& exchange) {
  exchange.body.clear();
  try {
    const auto route = routes_.find(request);
    if (!route) {
      write_line(route.error().text, exchange.body);
      return {route.error().status, kText};
    }
    return route->page == Page::metrics ? write_metrics(route->scrape, exchange.body)
                                        : write_page(*route, exchange.body);
  } catch (const std::exception& exception) {
    logger_->error("http: {} {}: {}", request.method, request.path, exception.what());
  } catch (...) {
    logger_->error("http: {} {}: an unknown exception", request.method, request.path);
  }
  write_line("the page could not be made; the log says why", exchange.body);
  return {500, kText};
}

Responder::Body Responder::write_page(const Route& route, std::string& body) {
  switch (route.page) {
    case Page::healthy:
      write_line("healthy", body);
      break;
    case Page::ready: {
      const Readiness readiness = content_.ready();
      body = readiness.text;
      return {readiness.state == ReadyState::ready ? 200 : 503, kText};
    }
    case Page::status:
      body = content_.status_page();
      break;
    case Page::probe:
      body = content_.probe(route.format);
      break;
    case Page::version:
      body = content_.version(route.format);
      break;
    case Page::metrics:  // which write_metrics() answers
      break;
  }
  return {200, media_type(route.format)};
}

Responder::Body Responder::write_metrics(const ScrapeRequest& scrape, std::string& body) {
  const ConcurrencyLimit::Permit permit(running_, content_.lost_scrapes());
  if (!permit.granted()) {
    write_line("too many requests for metrics at once", body);
    return {503, kText};
  }
  content_.metrics(scrape, body);
  return {200, scrape.representation.content_type};
}

}  // namespace perf_exporter
