#include "http/civetweb_engine.h"

#include <civetweb.h>

#include <array>
#include <exception>
#include <utility>

#include "http/civetweb_request.h"
#include "http/request_head.h"

namespace perf_exporter {
namespace {

// Prometheus asks once a minute by default; its connection shall live until the next time.
constexpr const char* kKeepAliveMs = "120000";

CivetwebEngine* engine_of(const mg_context* context) {
  return static_cast<CivetwebEngine*>(mg_get_user_data(context));
}

CivetwebEngine* engine_of(const mg_connection* connection) {
  return engine_of(mg_get_context(connection));
}

}  // namespace

CivetwebEngine::Library::Library() {
  mg_init_library(MG_FEATURES_DEFAULT);
}

CivetwebEngine::Library::~Library() {
  mg_exit_library();
}

void CivetwebEngine::StopContext::operator()(mg_context* context) const {
  mg_stop(context);
}

Result<std::unique_ptr<CivetwebEngine>> CivetwebEngine::start(Listeners listeners,
                                                              const WorkerPool::Options& options,
                                                              Responder& responder) {
  std::unique_ptr<CivetwebEngine> engine(
      new CivetwebEngine(std::move(listeners), options, responder));
  if (const auto made = engine->make_context(options.most); !made) {
    return tl::unexpected<Fault>(made.error());
  }
  if (const auto started = engine->pool_.start(); !started) {
    return tl::unexpected<Fault>(started.error());
  }
  auto acceptor = Acceptor::start(engine->listeners_, engine->door_, engine->pool_, options.paths);
  if (!acceptor) {
    return tl::unexpected<Fault>(acceptor.error());
  }
  engine->acceptor_ = std::move(*acceptor);
  return engine;
}

CivetwebEngine::CivetwebEngine(Listeners listeners, const WorkerPool::Options& options,
                               Responder& responder)
    : responder_(responder),
      logger_(options.logger),
      listeners_(std::move(listeners)),
      door_(options.epoll),
      pool_(options, door_, [this](Connections::Worker& worker) {
        mg_work(context_.get(), static_cast<unsigned>(worker.number()), &worker);
      }) {}

CivetwebEngine::~CivetwebEngine() {
  (void)stop();
}

bool CivetwebEngine::stop() {
  acceptor_.reset();
  for (const std::string& left : listeners_.close()) {
    logger_->warn("http: a unix socket is left behind: {}", left);
  }
  return pool_.stop();
}

std::size_t CivetwebEngine::listen_again() {
  const std::size_t count = listeners_.try_again();
  const auto& all = listeners_.all();
  for (std::size_t i = all.size() - count; i < all.size(); ++i) {
    acceptor_->add(all[i]);
  }
  return count;
}

mg_callbacks CivetwebEngine::make_callbacks() {
  mg_callbacks callbacks{};
  callbacks.log_message = [](const mg_connection* connection, const char* message) {
    engine_of(connection)->log(message);
    return 1;
  };
  callbacks.next_connection = [](const mg_context* context, void* worker, const sockaddr** local) {
    return engine_of(context)->next_connection(*static_cast<Connections::Worker*>(worker), local);
  };
  callbacks.check_head = [](mg_connection* connection, char* received, int size, int head_size) {
    return engine_of(connection)
        ->handle_head(connection, {received, static_cast<std::size_t>(size)}, head_size);
  };
  callbacks.begin_request = [](mg_connection* connection) {
    return engine_of(connection)->handle_request(connection);
  };
  callbacks.http_error = [](mg_connection* connection, int status, const char*) {
    return engine_of(connection)->handle_error(connection, status);
  };
  callbacks.connection_close = [](const mg_connection* connection) {
    engine_of(connection)->now(connection, Activity::idle);
  };
  return callbacks;
}

Result<void> CivetwebEngine::make_context(std::size_t threads) {
  const mg_callbacks callbacks = make_callbacks();
  const std::string most = std::to_string(threads);
  const std::string timeout = std::to_string(kHeadTimeoutMs);
  const std::string head = std::to_string(kMaxHeadBytes);
  // clang-format off
  std::array<const char*, 11> settings = {
      "num_threads", most.c_str(),
      "enable_keep_alive", "yes",
      "keep_alive_timeout_ms", kKeepAliveMs,
      "request_timeout_ms", timeout.c_str(),
      "max_request_size", head.c_str(),
      nullptr};
  // clang-format on
  context_.reset(mg_start(&callbacks, this, settings.data()));
  if (context_ == nullptr) {
    return fault("cannot start the HTTP server: " + first_message_);
  }
  return {};
}

int CivetwebEngine::next_connection(Connections::Worker& worker, const sockaddr** local) {
  constexpr int kNoMore = -1;
  auto accepted = pool_.connections().take(worker);
  if (!accepted) {
    return kNoMore;
  }
  *local = accepted->listener->address.get();
  return accepted->fd.release();
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
  now(connection, Activity::handling);
  try {
    const bool keep =
        wants_keep_alive(connection) && !has_body(connection) && !pool_.connections().is_draining();
    if (!keep) {
      mg_disable_connection_keep_alive(connection);
    }
    auto exchange = exchanges_.take();
    send(connection,
         responder_.answer(read_request(connection),
                           keep ? Connection::keep_alive : Connection::close, *exchange));
    exchanges_.give_back(std::move(exchange));
    now(connection, Activity::waiting);
    discard_short_body(connection);
  } catch (const std::exception& exception) {
    mg_disable_connection_keep_alive(connection);
    logger_->error("http: a request gets no answer: {}", exception.what());
  }
  return kHandled;
}

// Nothing but what is right gets to the parser. `head_size` as mg_callbacks has it.
int CivetwebEngine::handle_head(mg_connection* connection, std::span<char> received,
                                int head_size) {
  constexpr int kGoOn = 0;
  constexpr int kAnswered = 1;
  constexpr int kTooLong = -2;
  constexpr int kLate = -3;
  try {
    if (head_size <= 0) {
      const HeadEnd otherwise = head_size == kLate ? HeadEnd::late : HeadEnd::unreadable;
      refuse(connection,
             refuse_incomplete({received.data(), received.size()},
                               head_size == kTooLong ? HeadEnd::too_long : otherwise),
             {});
      return kAnswered;
    }
    const std::span head = received.first(static_cast<std::size_t>(head_size));
    if (const auto refusal = check_head({head.data(), head.size()})) {
      refuse(connection, *refusal, method_of({head.data(), head.size()}));
      return kAnswered;
    }
    make_path_of_url(head);
    return kGoOn;
  } catch (const std::exception& exception) {
    logger_->error("http: a refusal could not be written: {}", exception.what());
    return kAnswered;
  }
}

// civetweb's own refusals: none is known that a checked head could come to.
int CivetwebEngine::handle_error(mg_connection* connection, int status) {
  constexpr int kAnswered = 0;
  try {
    refuse(connection, {status, std::string(reason_phrase(status))}, {});
  } catch (const std::exception& exception) {
    logger_->error("http: a refusal could not be written: {}", exception.what());
  }
  return kAnswered;
}

void CivetwebEngine::refuse(mg_connection* connection, const Refusal& refusal,
                            std::string_view method) {
  auto exchange = exchanges_.take();
  mg_disable_connection_keep_alive(connection);
  send(connection, Responder::refuse(refusal, method, *exchange));
  exchanges_.give_back(std::move(exchange));
}

void CivetwebEngine::send(mg_connection* connection, std::string_view bytes) {
  now(connection, Activity::sending);
  mg_write(connection, bytes.data(), bytes.size());
}

void CivetwebEngine::now(const mg_connection* connection, Activity activity) {
  pool_.connections().now(*static_cast<Connections::Worker*>(mg_get_thread_pointer(connection)),
                          activity);
}

}  // namespace perf_exporter
