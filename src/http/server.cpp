#include "http/server.h"

#include <utility>

#include "http/civetweb_engine.h"
#include "http/listeners.h"

namespace perf_exporter {
namespace {

constexpr int kThreadsWithoutLimit = 40;
// Threads besides those that work on metrics: for the other pages, for the 503s, and two that the
// guard keeps free.
constexpr int kSpareThreads = 8;

int count_threads(int max_requests) {
  return (max_requests > 0 ? max_requests : kThreadsWithoutLimit) + kSpareThreads;
}

// The ports are those of the TCP targets, in the same order.
std::vector<std::string> name_addresses(const std::vector<ListenTarget>& targets,
                                        const std::vector<int>& ports) {
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const ListenTarget& target = targets[i];
    if (!target.path.empty()) {
      addresses.push_back("unix:" + target.path);
    } else {
      addresses.push_back(target.host + ":" +
                          std::to_string(i < ports.size() ? ports[i] : target.port));
    }
  }
  return addresses;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Content content) {
  if (options.max_requests < 0 || options.max_requests > kMostRequests) {
    return fault("maximum of requests " + std::to_string(options.max_requests) +
                 " is not between 0 and " + std::to_string(kMostRequests));
  }
  auto routes =
      Routes::create(options.telemetry_path, {options.collectors, options.disabled_collectors});
  if (!routes) {
    return tl::unexpected<Fault>(routes.error());
  }
  const auto targets = prepare_listeners(options.listen_addresses);
  if (!targets) {
    return tl::unexpected<Fault>(targets.error());
  }
  std::unique_ptr<Server> server(new Server(std::move(*routes), std::move(content), options));
  auto engine = CivetwebEngine::start(
      {*targets, count_threads(options.max_requests), options.logger}, server->responder_);
  if (!engine) {
    return tl::unexpected<Fault>(engine.error());
  }
  server->engine_ = std::move(*engine);
  server->addresses_ = name_addresses(*targets, server->engine_->ports());
  return server;
}

Server::Server(Routes routes, Content content, const ServerOptions& options)
    : responder_(std::move(routes), std::move(content), options.max_requests, options.logger) {}

Server::~Server() {
  stop();
}

void Server::stop() {
  engine_.reset();
}

}  // namespace perf_exporter
