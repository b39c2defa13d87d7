// The HTTP server: what it is given (http/content.h) served on TCP and unix sockets.
#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/call_use.h"
#include "base/result.h"
#include "host/host_paths.h"
#include "http/content.h"
#include "http/listen/listeners.h"
#include "http/responder.h"

namespace perf_exporter {

class CivetwebEngine;

inline constexpr int kMostRequests = 500;
// What there must be room for beside the listeners: one connection, and a file that is opened for a
// while.
inline constexpr std::size_t kDescriptorsToAnswer = 2;

struct ServerOptions {
  std::string telemetry_path = "/metrics";
  // So many requests for metrics are worked on at once, beside those that are lost in the kernel;
  // more get 503. 0: no limit but that of the
  // threads. At most kMostRequests, since each needs a thread.
  int max_requests = 40;
  // Besides those: for the other pages, for the 503s, and for connections on which nothing happens.
  // A thread is made when it is wanted; two stand by.
  int spare_threads = 8;
  HostPaths paths;
  std::vector<std::string> collectors;           // that run: for collect[] and exclude[]
  std::vector<std::string> disabled_collectors;  // known, but not running
  std::shared_ptr<spdlog::logger> logger;        // for what goes wrong; not null
  CallUse epoll = CallUse::make;  // of its three calls: without them one thread accepts for all
};

// Serves the pages of http/routes.h from `start`, which returns when somebody accepts, to `stop`;
// GET and HEAD. A client that sends nothing, half a request, or reads slowly delays nobody else
// (http/worker_pool.h).
class Server {
 public:
  // A fault names the option or the thread, and the reason. EAGAIN: a limit leaves no room for
  // three threads, the least. EMFILE: it leaves none for the descriptors. Nothing is left behind
  // then.
  static Result<std::unique_ptr<Server>> start(Listeners listeners, const ServerOptions& options,
                                               Content content);

  // Stops, and waits for all threads, however long.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, as Listener::name has it.
  [[nodiscard]] std::vector<std::string> addresses() const;

  // Where it can't: Listeners::missing.
  [[nodiscard]] std::vector<std::string> missing_addresses() const;

  // Tries to listen there. Returns how many addresses have come, at the end of addresses(). For the
  // thread that started the server, and not after stop().
  std::size_t listen_again();

  // Where a limit leaves room for fewer threads than requests may want: how many answer, and the
  // limit. Nothing once more can be made.
  [[nodiscard]] std::optional<std::string> thread_shortage() const;

  // Removes the unix sockets, answers the requests that are running and closes all connections,
  // within a second. Makes no thread. False where a function of the content has not returned by
  // then: the process should end without unwinding. May be called again.
  [[nodiscard]] bool stop();

 private:
  Server(Routes routes, Content content, const ServerOptions& options);

  Responder responder_;
  std::unique_ptr<CivetwebEngine> engine_;
};

}  // namespace perf_exporter
