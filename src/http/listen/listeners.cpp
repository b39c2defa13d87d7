#include "http/listen/listeners.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace perf_exporter {
namespace {

using Kind = ListenAddress::Kind;

// A name service that does not answer holds up who asks it for many seconds.
constexpr std::chrono::seconds kLongLookUp{1};

std::string no_permission(const ListenCandidate& candidate) {
  constexpr int kFirstFreePort = 1024;  // net.ipv4.ip_unprivileged_port_start may say otherwise
  if (!candidate.path.empty()) {
    return "permission denied; this user may not make a socket there";
  }
  return candidate.address.port() < kFirstFreePort
             ? "permission denied; a port below 1024 takes CAP_NET_BIND_SERVICE at the start"
             : "permission denied";
}

std::string reason(const ListenCandidate& candidate, int error) {
  switch (error) {
    case EADDRINUSE:
      return "address already in use";
    case EADDRNOTAVAIL:
      return "this machine has no such address";
    case EACCES:
      return no_permission(candidate);
    case EINVAL:  // of a link-local address (ipv6(7))
      return candidate.address.family() == AF_INET6
                 ? "an address of one link needs its interface, as in [fe80::1%eth0]:10950"
                 : std::strerror(error);
    default:
      return std::strerror(error);
  }
}

tl::unexpected<Fault> listen_fault(const ListenCandidate& candidate, int error) {
  return fault(reason(candidate, error), error);
}

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof(value));
}

// Before bind(2).
void set_options(int fd, const ListenCandidate& candidate) {
  const int family = candidate.address.family();
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

// A fault is the reason alone.
Result<Listener> try_listening(const ListenCandidate& candidate) {
  constexpr int kBacklog = 511;
  const int family = candidate.address.family();
  if (family == AF_UNIX) {
    if (const int error = remove_stale_socket(candidate.path)) {
      return listen_fault(candidate, error);
    }
  }
  Listener listener;
  listener.fd = UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.fd.valid()) {
    return listen_fault(candidate, errno);
  }
  set_options(listener.fd.get(), candidate);
  if (::bind(listener.fd.get(), candidate.address.get(), candidate.address.length) != 0) {
    return listen_fault(candidate, errno);
  }
  if (family == AF_UNIX) {
    listener.file = UnixSocketFile(candidate.path);
  }
  SocketAddress& address = listener.address;
  address.length = sizeof(address.storage);
  if (::listen(listener.fd.get(), kBacklog) != 0 ||
      ::getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address.storage),
                    &address.length) != 0) {
    return listen_fault(candidate, errno);
  }
  listener.name = family == AF_UNIX ? "unix:" + candidate.path
                                    : candidate.host + ":" + std::to_string(address.port());
  return listener;
}

bool is_ipv4_any(const ListenAddress& address) {
  return address.kind == Kind::ipv4 && address.host == "0.0.0.0";
}

}  // namespace

Result<Listeners> Listeners::open(const std::vector<std::string>& addresses) {
  if (addresses.empty()) {
    return fault("no address to listen on");
  }
  Listeners listeners;
  std::vector<Wanted> wanted;
  for (const std::string& given : addresses) {
    auto address = parse_listen_address(given);
    if (!address) {
      return tl::unexpected<Fault>(address.error());
    }
    if (is_ipv4_any(*address) && address->port != 0) {
      listeners.apart_.push_back(address->port);
    }
    wanted.push_back({given, std::move(*address), {}});
  }
  // Those for all addresses first: they can't be had once one of theirs is.
  std::stable_partition(wanted.begin(), wanted.end(), [](const Wanted& each) {
    return each.address.kind == Kind::any || is_ipv4_any(each.address);
  });
  for (Wanted& each : wanted) {
    if (!listeners.listen_on(each)) {
      listeners.missing_.push_back(std::move(each));
    }
  }
  if (listeners.listeners_.empty()) {
    const Fault& first = listeners.missing_.front().fault;
    return fault(join(listeners.missing(), "; "), listeners.missing_.size() == 1 ? first.code : 0);
  }
  return listeners;
}

std::vector<std::string> Listeners::missing() const {
  std::vector<std::string> texts;
  for (const Wanted& each : missing_) {
    texts.push_back("cannot listen on " + each.given + ": " + each.fault.what);
  }
  return texts;
}

std::size_t Listeners::try_again() {
  const std::size_t before = listeners_.size();
  std::erase_if(missing_,
                [this](Wanted& wanted) { return !wanted.is_given_up && listen_on(wanted); });
  return listeners_.size() - before;
}

std::vector<std::string> Listeners::close() {
  std::vector<std::string> left;
  for (Listener& listener : listeners_) {
    listener.fd = UniqueFd();
    if (const int error = listener.file.remove()) {
      left.push_back(listener.name.substr(listener.name.find('/')) + ": " + std::strerror(error));
    }
  }
  return left;
}

bool Listeners::listen_on(Wanted& wanted) {
  const auto began = std::chrono::steady_clock::now();
  auto candidates = find_candidates(wanted.address);
  if (!candidates) {
    Fault why = candidates.error();
    if (std::chrono::steady_clock::now() - began > kLongLookUp) {
      wanted.is_given_up = true;
      why.what += "; this took too long to be tried again, start it anew";
    }
    return note(wanted, std::move(why));
  }
  std::size_t served = 0;
  std::optional<Fault> refusal;
  Fault lacking;
  for (ListenCandidate& candidate : *candidates) {
    const auto fault = serve(candidate);
    if (!fault) {
      ++served;
    } else if (fault->code == EADDRNOTAVAIL || fault->code == EAFNOSUPPORT) {
      lacking = *fault;
    } else {
      refusal = fault;
    }
  }
  return (served > 0 && !refusal) || note(wanted, refusal.value_or(lacking));
}

std::optional<Fault> Listeners::serve(ListenCandidate& candidate) {
  const std::uint16_t port = candidate.address.port();
  if (candidate.host.empty() && std::find(apart_.begin(), apart_.end(), port) != apart_.end()) {
    candidate.host = "[::]";
  }
  if (is_covered(candidate)) {
    return std::nullopt;
  }
  auto listener = try_listening(candidate);
  if (!listener) {
    return listener.error();
  }
  listeners_.push_back(std::move(*listener));
  return std::nullopt;
}

bool Listeners::note(Wanted& wanted, Fault fault) {
  wanted.fault = std::move(fault);
  if (wanted.first_error < 0) {
    wanted.first_error = wanted.fault.code;
  } else if (wanted.fault.code == EACCES && wanted.first_error != EACCES) {
    wanted.fault.what += "; what it was allowed at its start it has given up, start it anew";
  }
  return false;
}

bool Listeners::is_covered(const ListenCandidate& candidate) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener& listener) {
    const SocketAddress& own = listener.address;
    const SocketAddress& wanted = candidate.address;
    if (own == wanted) {
      return true;
    }
    const bool is_for_both = listener.name.starts_with(':');
    return own.port() == wanted.port() && own.port() != 0 && own.is_any() &&
           (is_for_both || own.family() == wanted.family());
  });
}

}  // namespace perf_exporter
