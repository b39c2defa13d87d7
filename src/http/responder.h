#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string_view>
#include <utility>

#include "http/content.h"
#include "http/exchange.h"
#include "http/response.h"
#include "http/routes.h"

namespace perf_exporter {

// Answers requests, without a socket in sight.
class Responder {
 public:
  // At most `max_requests` requests for metrics are worked on at once (0: no limit), beside those
  // that are lost; more get 503. `logger`, not null, is told what goes wrong.
  Responder(Routes routes, Content content, int max_requests,
            std::shared_ptr<spdlog::logger> logger)
      : routes_(std::move(routes)),
        content_(std::move(content)),
        running_(max_requests),
        logger_(std::move(logger)) {}

  // The whole answer, head and body in one piece, written into the exchange and valid as long as it
  // is. An exception out of the content is logged and becomes a 500.
  std::string_view answer(const HttpRequest& request, Connection connection, Exchange& exchange);

  // The same for an error that was found before there was a request to look at; of that the method
  // alone is known, or nothing. The connection closes.
  static std::string_view refuse(const Refusal& refusal, std::string_view method,
                                 Exchange& exchange);

 private:
  // What `exchange.body` holds.
  struct Body {
    int status = 200;
    std::string_view content_type;
  };

  Body write_body(const HttpRequest& request, Exchange& exchange);
  Body write_page(const Route& route, std::string& body);
  Body write_metrics(const ScrapeRequest& scrape, std::string& body);

  Routes routes_;
  Content content_;
  ConcurrencyLimit running_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace perf_exporter
