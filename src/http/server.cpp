#include "http/server.h"

#include <algorithm>
#include <utility>

#include "base/descriptor_limit.h"
#include "http/civetweb_engine.h"

namespace perf_exporter {
namespace {

constexpr int kRequestsWithoutLimit = 40;
constexpr int kStandingBy = 2;

WorkerPool::Options pool_options(const ServerOptions& options, const Content& content) {
  const int requests = options.max_requests > 0 ? options.max_requests : kRequestsWithoutLimit;
  const int most = std::max(kStandingBy, requests + options.spare_threads);
  return {kStandingBy,    static_cast<std::size_t>(most), options.paths,
          options.logger, content.lost_scrapes,           options.epoll};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Listeners listeners, const ServerOptions& options,
                                              Content content) {
  if (options.max_requests < 0 || options.max_requests > kMostRequests) {
    return fault("maximum of requests " + std::to_string(options.max_requests) +
                 " is not between 0 and " + std::to_string(kMostRequests));
  }
  auto routes =
      Routes::create(options.telemetry_path, {options.collectors, options.disabled_collectors});
  if (!routes) {
    return tl::unexpected<Fault>(routes.error());
  }
  if (auto room = require_descriptors(kDescriptorsToAnswer, "serving"); !room) {
    return tl::unexpected<Fault>(room.error());
  }
  const WorkerPool::Options pool = pool_options(options, content);
  std::unique_ptr<Server> server(new Server(std::move(*routes), std::move(content), options));
  auto engine = CivetwebEngine::start(std::move(listeners), pool, server->responder_);
  if (!engine) {
    return tl::unexpected<Fault>(engine.error());
  }
  server->engine_ = std::move(*engine);
  return server;
}

Server::Server(Routes routes, Content content, const ServerOptions& options)
    : responder_(std::move(routes), std::move(content), options.max_requests, options.logger) {}

Server::~Server() = default;

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> names;
  for (const Listener& listener : engine_->listeners().all()) {
    names.push_back(listener.name);
  }
  return names;
}

std::vector<std::string> Server::missing_addresses() const {
  return engine_->listeners().missing();
}

std::size_t Server::listen_again() {
  return engine_->listen_again();
}

std::optional<std::string> Server::thread_shortage() const {
  return engine_->thread_shortage();
}

bool Server::stop() {
  return engine_->stop();
}

}  // namespace perf_exporter
