#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/listen/listen_address.h"

namespace perf_exporter {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  // 0 for a unix socket.
  [[nodiscard]] std::uint16_t port() const;
  // 0.0.0.0 or [::].
  [[nodiscard]] bool is_any() const;
};

bool operator==(const SocketAddress& left, const SocketAddress& right);

// One socket that a listen address stands for.
struct ListenCandidate {
  std::string host;  // numeric, in brackets where IPv6; "" for both families and unix sockets
  std::string path;  // of a unix socket; else empty
  SocketAddress address;
};

// Host names are looked up, which may take seconds. All addresses are one candidate for both
// families; for IPv4 alone where the kernel has no IPv6. A fault says why there is none: the name
// service's error, or ENODEV where this machine lacks the interface of a zone.
Result<std::vector<ListenCandidate>> find_candidates(const ListenAddress& address);

}  // namespace perf_exporter
