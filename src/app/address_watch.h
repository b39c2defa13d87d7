#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "app/session.h"
#include "http/server.h"

namespace perf_exporter {

// Where the server listens, as the log tells it, and the finding where it can't. For the thread
// that started the server.
class AddressWatch {
 public:
  // Logs and tells at once. Server and session must outlive the watch; `logger` is not null.
  AddressWatch(Server& server, Session& session, std::shared_ptr<spdlog::logger> logger);

  // To be called every second or so: tries to listen where it could not, a second after the start,
  // then after twice the time each, up to every 30 s.
  void look();
  // The same at once.
  void look_again();

 private:
  void tell(std::size_t first);

  Server& server_;
  Session& session_;
  std::shared_ptr<spdlog::logger> logger_;
  std::chrono::seconds pause_{1};
  std::chrono::steady_clock::time_point next_;
};

// A URL to open, of an address as the server tells it (Listener::name): one of all addresses is
// reached on loopback, and a zone's percent sign is written as RFC 6874 has it.
std::string url_of(const std::string& address);

// The sockets behind it: "[::]:80 and 0.0.0.0:80" for ":80".
std::string sockets_of(const std::string& address);

}  // namespace perf_exporter
