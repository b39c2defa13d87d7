#include "http/listeners.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "http/listen_address.h"

namespace perf_exporter {
namespace {

// What it takes to try an address.
struct Candidate {
  std::string given;  // as the user wrote it
  std::string host;   // numeric, in brackets where IPv6; "" for all addresses and unix sockets
  std::string path;   // of a unix socket; else empty
  SocketAddress address;
};

std::string reason(int error) {
  switch (error) {
    case EADDRINUSE:
      return "address already in use";
    case EADDRNOTAVAIL:
      return "this machine has no such address";
    case EACCES:
      return "permission denied";
    default:
      return std::strerror(error);
  }
}

tl::unexpected<Fault> listen_fault(const std::string& given, int error) {
  return fault("cannot listen on " + given + ": " + reason(error), error);
}

SocketAddress unix_address(const std::string& path) {
  const sockaddr_un address = make_unix_address(path);
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof(address));
  result.length = sizeof(address);
  return result;
}

bool kernel_has_ipv6() {
  return UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).valid();
}

std::string numeric_host(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return "";
  }
  return address.storage.ss_family == AF_INET6 ? "[" + std::string(text.data()) + "]" : text.data();
}

// The numeric addresses that the host stands for; of a numeric one itself.
Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port,
                                           const std::string& given) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return fault("cannot listen on " + given + ": " + ::gai_strerror(error));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

Result<std::vector<Candidate>> find_candidates(const std::string& given) {
  const auto parsed = parse_listen_address(given);
  if (!parsed) {
    return tl::unexpected<Fault>(parsed.error());
  }
  if (parsed->kind == ListenAddress::Kind::unix_path) {
    return std::vector<Candidate>{{given, "", parsed->path, unix_address(parsed->path)}};
  }
  const bool any = parsed->kind == ListenAddress::Kind::any;
  const char* wildcard = kernel_has_ipv6() ? "::" : "0.0.0.0";
  const auto addresses = look_up(any ? wildcard : parsed->host, parsed->port, given);
  if (!addresses) {
    return tl::unexpected<Fault>(addresses.error());
  }
  std::vector<Candidate> candidates;
  for (const SocketAddress& address : *addresses) {
    candidates.push_back({given, any ? "" : numeric_host(address), "", address});
  }
  return candidates;
}

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof(value));
}

// Before bind(2).
void set_options(int fd, const Candidate& candidate) {
  const int family = candidate.address.storage.ss_family;
  if (family == AF_UNIX) {
    return;
  }
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // A client that is gone without a word is noticed some time.
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (family == AF_INET6) {
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, candidate.host.empty() ? 0 : 1);
  }
}

// Both families have the port at the same place (ip(7), ipv6(7)).
int port_of(const SocketAddress& address) {
  sockaddr_in internet{};
  std::memcpy(&internet, &address.storage, sizeof(internet));
  return ntohs(internet.sin_port);
}

Result<Listener> try_listening(const Candidate& candidate) {
  constexpr int kBacklog = 511;
  const int family = candidate.address.storage.ss_family;
  const std::string& given = candidate.given;
  if (family == AF_UNIX) {
    if (const int error = remove_stale_socket(candidate.path)) {
      return listen_fault(given, error);
    }
  }
  Listener listener;
  listener.fd = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.fd.valid()) {
    return listen_fault(given, errno);
  }
  set_options(listener.fd.get(), candidate);
  if (::bind(listener.fd.get(), candidate.address.get(), candidate.address.length) != 0) {
    return listen_fault(given, errno);
  }
  if (family == AF_UNIX) {
    listener.file = UnixSocketFile(candidate.path);
  }
  SocketAddress& address = listener.address;
  address.length = sizeof(address.storage);
  if (::listen(listener.fd.get(), kBacklog) != 0 ||
      ::getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address.storage),
                    &address.length) != 0) {
    return listen_fault(given, errno);
  }
  listener.name = family == AF_UNIX ? "unix:" + candidate.path
                                    : candidate.host + ":" + std::to_string(port_of(address));
  return listener;
}

// Of a host name's addresses those that can be bound; a name often has one that the machine lacks,
// such as ::1 where IPv6 is off. A fault where none is left, or one is taken.
Result<void> listen_on_all(const std::vector<Candidate>& candidates,
                           std::vector<Listener>& listeners) {
  std::size_t bound = 0;
  Fault last;
  for (const Candidate& candidate : candidates) {
    auto listener = try_listening(candidate);
    if (listener) {
      listeners.push_back(std::move(*listener));
      ++bound;
      continue;
    }
    last = listener.error();
    if (last.code != EADDRNOTAVAIL && last.code != EAFNOSUPPORT) {
      break;
    }
  }
  if (bound < candidates.size() && (bound == 0 || last.code == EADDRINUSE)) {
    return tl::unexpected<Fault>(last);
  }
  return {};
}

}  // namespace

Result<std::vector<Listener>> listen_on(const std::vector<std::string>& addresses) {
  if (addresses.empty()) {
    return fault("no address to listen on");
  }
  std::vector<Listener> listeners;
  for (const std::string& given : addresses) {
    const auto candidates = find_candidates(given);
    if (!candidates) {
      return tl::unexpected<Fault>(candidates.error());
    }
    if (const auto bound = listen_on_all(*candidates, listeners); !bound) {
      return tl::unexpected<Fault>(bound.error());
    }
  }
  return listeners;
}

}  // namespace perf_exporter
