#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/unix_socket.h"

namespace perf_exporter {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// A socket that connections are accepted from. It does not block, and what it accepts inherits
// SO_KEEPALIVE and TCP_NODELAY. A unix socket's file goes with it.
struct Listener {
  UniqueFd fd;
  SocketAddress address;  // as bound: with the port that the kernel chose where 0 was asked for
  std::string name;       // the same as listen addresses are written: "127.0.0.1:80", ":80" (all
                          // addresses), "unix:/path"
  UnixSocketFile file;
};

// Listens on the addresses, in their order, as --web.listen-address takes them
// (http/listen_address.h): host names are looked up. A fault names the address and the reason: a
// port in use, an address this machine lacks, no permission. All addresses means IPv4 alone where
// the kernel has no IPv6. A unix socket that nobody answers on is replaced; one that is in use, and
// any other file, is a fault.
Result<std::vector<Listener>> listen_on(const std::vector<std::string>& addresses);

}  // namespace perf_exporter
