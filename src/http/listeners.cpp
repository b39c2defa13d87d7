#include "http/listeners.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"
#include "http/unix_socket.h"

namespace perf_exporter {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// A target with what it takes to try it.
struct Candidate {
  ListenTarget target;
  SocketAddress address;
};

std::string no_descriptor_left() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return "none of the " + std::to_string(limit.rlim_cur) +
         " file descriptors that this process may have is left; raise the limit (ulimit -n, "
         "LimitNOFILE= of a unit, --ulimit nofile= of a container)";
}

std::string reason(int error) {
  switch (error) {
    case EMFILE:
      return no_descriptor_left();
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
  const std::uint16_t port = parsed->port;
  if (parsed->kind == ListenAddress::Kind::unix_path) {
    const std::string& path = parsed->path;
    return std::vector<Candidate>{{{given, "", 0, path, "x" + path}, unix_address(path)}};
  }
  const bool any = parsed->kind == ListenAddress::Kind::any;
  const bool dual = any && kernel_has_ipv6();
  const auto addresses = look_up(any ? (dual ? "::" : "0.0.0.0") : parsed->host, port, given);
  if (!addresses) {
    return tl::unexpected<Fault>(addresses.error());
  }
  std::vector<Candidate> candidates;
  for (const SocketAddress& address : *addresses) {
    const std::string host = numeric_host(address);
    std::string spec = dual ? "+" : host + ":";
    spec += std::to_string(port);
    candidates.push_back({{given, any ? "" : host, port, "", std::move(spec)}, address});
  }
  return candidates;
}

// Binds and listens as the server library does.
Result<UniqueFd> try_listening(const Candidate& candidate) {
  const int family = candidate.address.storage.ss_family;
  const std::string& given = candidate.target.given;
  if (family == AF_UNIX) {
    if (const int error = remove_stale_socket(candidate.target.path)) {
      return listen_fault(given, error);
    }
  }
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return listen_fault(given, errno);
  }
  const int on = 1;
  const int only_ipv6 = candidate.target.host.empty() ? 0 : 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6));
  }
  if (::bind(fd.get(), candidate.address.get(), candidate.address.length) != 0) {
    return listen_fault(given, errno);
  }
  const bool listening = ::listen(fd.get(), 1) == 0;
  const int error = errno;
  if (family == AF_UNIX) {
    ::unlink(candidate.target.path.c_str());
  }
  if (!listening) {
    return listen_fault(given, error);
  }
  return fd;
}

// Of a host name's addresses those that can be bound; a name often has one that the machine lacks,
// such as ::1 where IPv6 is off. A fault where none is left, or one is taken.
Result<std::vector<ListenTarget>> try_all(const std::vector<Candidate>& candidates,
                                          std::vector<UniqueFd>& held) {
  std::vector<ListenTarget> targets;
  Fault last;
  for (const Candidate& candidate : candidates) {
    auto fd = try_listening(candidate);
    if (fd) {
      held.push_back(std::move(*fd));
      targets.push_back(candidate.target);
      continue;
    }
    last = fd.error();
    if (last.code != EADDRNOTAVAIL && last.code != EAFNOSUPPORT) {
      break;
    }
  }
  if (targets.size() < candidates.size() && (targets.empty() || last.code == EADDRINUSE)) {
    return tl::unexpected<Fault>(last);
  }
  return targets;
}

}  // namespace

Result<std::vector<ListenTarget>> prepare_listeners(const std::vector<std::string>& addresses) {
  if (addresses.empty()) {
    return fault("no address to listen on");
  }
  // Held until all were tried: two addresses of the same list may exclude each other.
  std::vector<UniqueFd> held;
  std::vector<ListenTarget> targets;
  for (const std::string& given : addresses) {
    const auto candidates = find_candidates(given);
    if (!candidates) {
      return tl::unexpected<Fault>(candidates.error());
    }
    const auto bound = try_all(*candidates, held);
    if (!bound) {
      return tl::unexpected<Fault>(bound.error());
    }
    targets.insert(targets.end(), bound->begin(), bound->end());
  }
  std::stable_partition(targets.begin(), targets.end(),
                        [](const ListenTarget& target) { return target.path.empty(); });
  return targets;
}

std::vector<std::string> unix_paths(const std::vector<ListenTarget>& targets) {
  std::vector<std::string> paths;
  for (const ListenTarget& target : targets) {
    if (!target.path.empty()) {
      paths.push_back(target.path);
    }
  }
  return paths;
}

}  // namespace perf_exporter
