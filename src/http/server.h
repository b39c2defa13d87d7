// The HTTP server: what it is given (http/content.h) served on TCP and unix sockets.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/content.h"
#include "http/responder.h"

namespace perf_exporter {

class CivetwebEngine;

inline constexpr int kMostRequests = 500;

struct ServerOptions {
  // As --web.listen-address takes them (http/listen_address.h); at least one.
  std::vector<std::string> listen_addresses;
  std::string telemetry_path = "/metrics";
  // So many requests for metrics are worked on at once, more get 503. 0: no limit but that of the
  // threads. At most kMostRequests, since each may need a thread.
  int max_requests = 40;
  std::vector<std::string> collectors;           // that run: for collect[] and exclude[]
  std::vector<std::string> disabled_collectors;  // known, but not running
  std::shared_ptr<spdlog::logger> logger;        // for what goes wrong; not null
};

// Serves from `start` to `stop`. Pages: the telemetry path, /-/healthy, /-/ready, /, /probe,
// /version; GET and HEAD. A client that sends nothing, half a request, or reads slowly delays
// nobody else (http/connection_guard.h).
class Server {
 public:
  // A fault names the option or the address, and the reason: "cannot listen on :10950: address
  // already in use". Nothing is left behind then.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Content content);

  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, as listen addresses are written, with the port that the kernel chose where 0
  // was asked for: "127.0.0.1:10950", ":10950" (all addresses), "unix:/path". TCP comes first.
  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }

  // Answers the requests that are running, closes all connections and removes the unix sockets.
  // Takes at most 2 s, unless a function of the content does not return. May be called again.
  void stop();

 private:
  Server(Routes routes, Content content, const ServerOptions& options);

  Responder responder_;
  std::unique_ptr<CivetwebEngine> engine_;
  std::vector<std::string> addresses_;
};

}  // namespace perf_exporter
