#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/acceptor.h"
#include "http/connections.h"
#include "http/door.h"
#include "http/exchange.h"
#include "http/listen/listeners.h"
#include "http/responder.h"
#include "http/worker_pool.h"

struct mg_callbacks;
struct mg_connection;
struct mg_context;

namespace perf_exporter {

// civetweb's parser around a Responder, on sockets and threads of this folder's. The only file that
// knows civetweb, beside civetweb_request, and only its C API.
class CivetwebEngine {
 public:
  // Serves when it returns: somebody accepts, and threads wait for connections. The responder must
  // outlive the engine.
  static Result<std::unique_ptr<CivetwebEngine>> start(Listeners listeners,
                                                       const WorkerPool::Options& options,
                                                       Responder& responder);

  // As stop(), and waits for all threads, however long.
  ~CivetwebEngine();
  CivetwebEngine(const CivetwebEngine&) = delete;
  CivetwebEngine& operator=(const CivetwebEngine&) = delete;

  // Closes the listeners, finishes the requests that are running, as far as 0.7 s suffice, and ends
  // all threads. False where one of them has not ended a second after the call.
  [[nodiscard]] bool stop();

  [[nodiscard]] const Listeners& listeners() const { return listeners_; }

  // Listeners::try_again, and accepts from those that have come. Not after stop().
  std::size_t listen_again();

  // As WorkerPool's.
  [[nodiscard]] std::optional<std::string> thread_shortage() const { return pool_.shortage(); }

 private:
  // civetweb's global state, counted by the library.
  struct Library {
    Library();
    ~Library();
  };
  struct StopContext {
    void operator()(mg_context* context) const;
  };

  CivetwebEngine(Listeners listeners, const WorkerPool::Options& options, Responder& responder);

  static mg_callbacks make_callbacks();
  Result<void> make_context(std::size_t threads);

  // Callbacks, on the pool's threads.
  int next_connection(Connections::Worker& worker, const sockaddr** local);
  void log(const char* message);
  int handle_head(mg_connection* connection, std::span<char> received, int head_size);
  int handle_request(mg_connection* connection);
  int handle_error(mg_connection* connection, int status);
  void refuse(mg_connection* connection, const Refusal& refusal, std::string_view method);
  void send(mg_connection* connection, std::string_view bytes);
  void now(const mg_connection* connection, Activity activity);

  Library library_;
  Responder& responder_;
  std::shared_ptr<spdlog::logger> logger_;
  ExchangePool exchanges_;
  std::mutex log_mutex_;
  std::string first_message_;  // of civetweb; the later ones of a failed start say less
  Listeners listeners_;
  Door door_;
  std::unique_ptr<mg_context, StopContext> context_;
  WorkerPool pool_;  // its threads use all of the above until the last of them has ended
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace perf_exporter
