#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// A socket to send notifications from. A fault where none can be had.
Result<UniqueFd> open_notifier();

// Sends `state`, lines like "READY=1", in one datagram from `notifier` to `socket`, which is what
// NOTIFY_SOCKET holds: the path of a unix socket, or "@name" for an abstract one. The protocol is
// sd_notify(3)'s, which warrants it to programs that speak it without libsystemd. A fault names the
// socket and the reason; one that does not read its socket is waited for a second. Thread-safe.
Result<void> send_notification(const UniqueFd& notifier, const std::string& socket,
                               std::string_view state);

// The service manager that started this process, where it asked to be told how far it is. All of it
// may be called from any thread, and what can't be told is a warning in the log.
class ServiceManager {
 public:
  // `socket` is empty where nobody asked; then nothing is told. What it takes to tell is opened
  // here.
  ServiceManager(std::string socket, std::shared_ptr<spdlog::logger> logger);

  // Startup is over.
  void ready() const { tell("READY=1"); }
  void stopping() const { tell("STOPPING=1"); }

 private:
  void tell(std::string_view state) const;

  std::string socket_;
  std::shared_ptr<spdlog::logger> logger_;
  Result<UniqueFd> notifier_;
};

}  // namespace perf_exporter
