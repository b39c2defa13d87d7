#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/connection_guard.h"
#include "http/exchange.h"
#include "http/listeners.h"
#include "http/responder.h"
#include "http/thread_waker.h"

struct mg_callbacks;
struct mg_connection;
struct mg_context;

namespace perf_exporter {

struct EngineOptions {
  std::vector<ListenTarget> targets;
  int threads = 1;
  std::shared_ptr<spdlog::logger> logger;  // not null
};

// civetweb's server: its sockets, threads and parser around a Responder. The only file that knows
// civetweb, and only its C API.
class CivetwebEngine {
 public:
  // The responder must outlive the engine.
  static Result<std::unique_ptr<CivetwebEngine>> start(const EngineOptions& options,
                                                       Responder& responder);

  // Finishes the requests that are running, as far as a second suffices, and stops all threads.
  ~CivetwebEngine();
  CivetwebEngine(const CivetwebEngine&) = delete;
  CivetwebEngine& operator=(const CivetwebEngine&) = delete;

  // The ports of the TCP sockets, in the order of the targets.
  [[nodiscard]] std::vector<int> ports() const;

 private:
  // civetweb's global state, counted by the library.
  struct Library {
    Library();
    ~Library();
  };

  CivetwebEngine(const EngineOptions& options, Responder& responder);

  static mg_callbacks make_callbacks();
  Result<mg_context*> start_context(const EngineOptions& options);
  void stop_context();

  // Callbacks, on civetweb's threads.
  void* thread_started(int kind);
  void log(const char* message);
  int handle_request(mg_connection* connection);
  int handle_error(mg_connection* connection, int status);
  void send(mg_connection* connection, std::string_view bytes);

  Library library_;
  Responder& responder_;
  std::shared_ptr<spdlog::logger> logger_;
  ExchangePool exchanges_;
  ThreadWaker waker_;
  ConnectionGuard guard_;
  std::atomic<bool> draining_{false};  // no connection is to be kept
  std::mutex log_mutex_;
  std::string first_message_;  // of civetweb; the later ones of a failed start say less
  mg_context* context_ = nullptr;
};

}  // namespace perf_exporter
