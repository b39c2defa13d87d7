#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "app/logging.h"

namespace perf_exporter {
namespace {

constexpr timeval kPatience{1, 0};

tl::unexpected<Fault> refusal(const std::string& socket, int code) {
  return fault("cannot notify " + socket + ": " + std::strerror(code), code);
}

}  // namespace

Result<UniqueFd> open_notifier() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return fault(std::string("no socket: ") + std::strerror(errno), errno);
  }
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return fd;
}

Result<void> send_notification(const UniqueFd& notifier, const std::string& socket,
                               std::string_view state) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!socket.starts_with('/') && !socket.starts_with('@')) {
    return refusal(socket, EAFNOSUPPORT);
  }
  if (socket.size() >= sizeof address.sun_path) {
    return refusal(socket, ENAMETOOLONG);
  }
  std::copy(socket.begin(), socket.end(), address.sun_path);
  if (socket.starts_with('@')) {
    address.sun_path[0] = '\0';  // unix(7), "abstract"
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const auto sent = ::sendto(notifier.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length);
  if (sent < 0) {
    return refusal(socket, errno);
  }
  return {};
}

ServiceManager::ServiceManager(std::string socket, std::shared_ptr<spdlog::logger> logger)
    : socket_(std::move(socket)),
      logger_(std::move(logger)),
      notifier_(socket_.empty() ? Result<UniqueFd>() : open_notifier()) {}

void ServiceManager::tell(std::string_view state) const {
  if (socket_.empty()) {
    return;
  }
  const auto told = notifier_ ? send_notification(*notifier_, socket_, state)
                              : refusal(socket_, notifier_.error().code);
  if (!told) {
    logger_->warn(with_fields(told.error().what, {{"state", std::string(state)}}));
  }
}

}  // namespace perf_exporter
