#include "http/civetweb_engine.h"

#include <civetweb.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "http/civetweb_request.h"

namespace perf_exporter {
namespace {

using Activity = ConnectionGuard::Activity;

constexpr int kMasterThread = 0;
// Answers of requests that run when the server is to stop are awaited for so long.
constexpr std::chrono::milliseconds kDrain{1000};
// Prometheus asks once a minute by default; its connection shall live until the next time.
constexpr const char* kKeepAliveMs = "120000";
// A request's head must be complete, and a client take some of its answer, within this time.
constexpr const char* kRequestTimeoutMs = "5000";
constexpr const char* kMaxHeadBytes = "16384";

CivetwebEngine* engine_of(const mg_context* context) {
  return static_cast<CivetwebEngine*>(mg_get_user_data(context));
}

ConnectionGuard::Worker& worker_of(const mg_connection* connection) {
  return *static_cast<ConnectionGuard::Worker*>(mg_get_thread_pointer(connection));
}

std::string join_specs(const std::vector<ListenTarget>& targets) {
  std::string specs;
  for (const ListenTarget& target : targets) {
    specs += (specs.empty() ? "" : ",") + target.library_spec;
  }
  return specs;
}

}  // namespace

CivetwebEngine::Library::Library() {
  mg_init_library(MG_FEATURES_DEFAULT);
}

CivetwebEngine::Library::~Library() {
  mg_exit_library();
}

Result<std::unique_ptr<CivetwebEngine>> CivetwebEngine::start(const EngineOptions& options,
                                                              Responder& responder) {
  std::unique_ptr<CivetwebEngine> engine(new CivetwebEngine(options, responder));
  const auto context = engine->start_context(options);
  if (!context) {
    return tl::unexpected<Fault>(context.error());
  }
  engine->context_ = *context;
  engine->guard_.set_listening({engine->ports(), unix_paths(options.targets)});
  const std::lock_guard lock(engine->log_mutex_);
  if (!engine->first_message_.empty()) {
    // Such as fewer threads than asked for.
    engine->logger_->warn("http: {}", engine->first_message_);
  }
  return engine;
}

CivetwebEngine::CivetwebEngine(const EngineOptions& options, Responder& responder)
    : responder_(responder), logger_(options.logger) {}

CivetwebEngine::~CivetwebEngine() {
  stop_context();
}

std::vector<int> CivetwebEngine::ports() const {
  std::vector<mg_server_port> found(8);
  int count = 0;
  while ((count = mg_get_server_ports(context_, static_cast<int>(found.size()), found.data())) ==
         static_cast<int>(found.size())) {
    found.resize(2 * found.size());  // there may be more than there was room for
  }
  found.resize(static_cast<std::size_t>(std::max(count, 0)));
  std::vector<int> ports(found.size());
  std::transform(found.begin(), found.end(), ports.begin(),
                 [](const mg_server_port& port) { return port.port; });
  return ports;
}

mg_callbacks CivetwebEngine::make_callbacks() {
  mg_callbacks callbacks{};
  callbacks.log_message = [](const mg_connection* connection, const char* message) {
    engine_of(mg_get_context(connection))->log(message);
    return 1;
  };
  callbacks.init_thread = [](const mg_context* context, int kind) {
    return engine_of(context)->thread_started(kind);
  };
  callbacks.exit_thread = [](const mg_context* context, int, void*) {
    engine_of(context)->waker_.remove();
  };
  callbacks.init_connection = [](const mg_connection* connection, void**) {
    engine_of(mg_get_context(connection))->guard_.now(worker_of(connection), Activity::waiting);
    return 0;
  };
  callbacks.begin_request = [](mg_connection* connection) {
    return engine_of(mg_get_context(connection))->handle_request(connection);
  };
  callbacks.http_error = [](mg_connection* connection, int status, const char*) {
    return engine_of(mg_get_context(connection))->handle_error(connection, status);
  };
  callbacks.connection_close = [](const mg_connection* connection) {
    engine_of(mg_get_context(connection))->guard_.now(worker_of(connection), Activity::closed);
  };
  // civetweb takes a digit before an 's' or 'r' anywhere in a unix socket's path for a TLS port.
  // This says that nothing is to be set up for it.
  callbacks.external_ssl_ctx = [](void**, void*) { return 1; };
  return callbacks;
}

Result<mg_context*> CivetwebEngine::start_context(const EngineOptions& options) {
  const mg_callbacks callbacks = make_callbacks();
  const std::string specs = join_specs(options.targets);
  const std::string threads = std::to_string(options.threads);
  // clang-format off
  std::array<const char*, 19> settings = {
      "listening_ports", specs.c_str(),
      "num_threads", threads.c_str(),
      "connection_queue", "64",
      "listen_backlog", "511",
      "enable_keep_alive", "yes",
      "keep_alive_timeout_ms", kKeepAliveMs,
      "request_timeout_ms", kRequestTimeoutMs,
      "max_request_size", kMaxHeadBytes,
      "tcp_nodelay", "1",
      nullptr};
  // clang-format on
  mg_context* context = mg_start(&callbacks, this, settings.data());
  if (context == nullptr) {
    return fault("cannot start the HTTP server: " + first_message_);
  }
  return context;
}

// mg_stop throws away what is being written, hence the drain before it, and removes the unix
// sockets. Its threads may sleep for long in poll(2) until they see that they are to stop.
void CivetwebEngine::stop_context() {
  if (context_ == nullptr) {
    return;
  }
  draining_ = true;
  guard_.drain(kDrain);
  std::atomic<bool> stopped{false};
  std::thread alarm([this, &stopped] {
    constexpr std::chrono::milliseconds kInterval{5};
    while (!stopped) {
      waker_.wake_all();
      std::this_thread::sleep_for(kInterval);
    }
  });
  mg_stop(context_);
  context_ = nullptr;
  stopped = true;
  alarm.join();
}

void* CivetwebEngine::thread_started(int kind) {
  const bool is_master = kind == kMasterThread;
  ::pthread_setname_np(::pthread_self(), is_master ? "http-accept" : "http-worker");
  waker_.add();
  return is_master ? nullptr : &guard_.add_worker();
}

void CivetwebEngine::log(const char* message) {
  logger_->debug("http: {}", message);
  const std::lock_guard lock(log_mutex_);
  if (first_message_.empty()) {
    first_message_ = message;
  }
}

int CivetwebEngine::handle_request(mg_connection* connection) {
  constexpr int kHandled = 200;
  ConnectionGuard::Worker& worker = worker_of(connection);
  const mg_request_info* info = mg_get_request_info(connection);
  guard_.handling(worker, info->remote_addr, info->remote_port);
  try {
    const bool keep = wants_keep_alive(connection) && !has_body(connection) && !draining_;
    if (!keep) {
      mg_disable_connection_keep_alive(connection);
    }
    auto exchange = exchanges_.take();
    send(connection,
         responder_.answer(read_request(connection),
                           keep ? Connection::keep_alive : Connection::close, *exchange));
    exchanges_.give_back(std::move(exchange));
    guard_.now(worker, Activity::waiting);
    discard_short_body(connection);
  } catch (const std::exception& exception) {
    mg_disable_connection_keep_alive(connection);
    logger_->error("http: a request gets no answer: {}", exception.what());
  }
  return kHandled;
}

// civetweb's own refusals: what could not be parsed, or was not complete in time.
int CivetwebEngine::handle_error(mg_connection* connection, int status) {
  constexpr int kAnswered = 0;
  try {
    const std::string text =
        status == 400 ? std::string("the request is malformed, incomplete or longer than ") +
                            kMaxHeadBytes + " bytes"
                      : std::string(reason_phrase(status));
    auto exchange = exchanges_.take();
    mg_disable_connection_keep_alive(connection);
    send(connection, Responder::refuse({status, text}, Connection::close, *exchange));
    exchanges_.give_back(std::move(exchange));
  } catch (const std::exception& exception) {
    logger_->error("http: a refusal could not be written: {}", exception.what());
  }
  return kAnswered;
}

void CivetwebEngine::send(mg_connection* connection, std::string_view bytes) {
  guard_.now(worker_of(connection), Activity::sending);
  mg_write(connection, bytes.data(), bytes.size());
}

}  // namespace perf_exporter
