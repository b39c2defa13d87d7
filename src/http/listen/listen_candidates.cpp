#include "http/listen/listen_candidates.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"
#include "http/listen/unix_socket.h"

namespace perf_exporter {
namespace {

using Kind = ListenAddress::Kind;

template <class Address>
Address as(const SocketAddress& address) {
  Address result{};
  std::memcpy(&result, &address.storage, sizeof(result));
  return result;
}

template <class Address>
SocketAddress from(const Address& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof(address));
  result.length = sizeof(address);
  return result;
}

bool kernel_has_ipv6() {
  return UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).valid();
}

// "::ffff:127.0.0.1" is 127.0.0.1, which no socket for IPv6 alone takes.
SocketAddress without_mapping(const SocketAddress& address) {
  const auto six = as<sockaddr_in6>(address);
  if (address.family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
    return address;
  }
  constexpr std::size_t kPrefix = 12;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port;
  std::memcpy(&four.sin_addr, six.sin6_addr.s6_addr + kPrefix, sizeof(four.sin_addr));
  return from(four);
}

std::string numeric_host(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return "";
  }
  return address.family() == AF_INET6 ? "[" + std::string(text.data()) + "]" : text.data();
}

tl::unexpected<Fault> look_up_fault(const std::string& host, int error) {
  const std::size_t zone = host.find('%');
  if (zone != std::string::npos && ::if_nametoindex(host.c_str() + zone + 1) == 0) {
    return fault("this machine has no interface " + host.substr(zone + 1), ENODEV);
  }
  return fault(::gai_strerror(error));
}

// The numeric addresses that the host stands for; of a numeric one itself.
Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return look_up_fault(host, error);
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(without_mapping(address));
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

std::uint16_t SocketAddress::port() const {
  // Both families have the port at the same place (ip(7), ipv6(7)).
  return family() == AF_UNIX ? std::uint16_t{0} : ntohs(as<sockaddr_in>(*this).sin_port);
}

bool SocketAddress::is_any() const {
  const in6_addr six = as<sockaddr_in6>(*this).sin6_addr;
  return (family() == AF_INET && as<sockaddr_in>(*this).sin_addr.s_addr == INADDR_ANY) ||
         (family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six));
}

bool operator==(const SocketAddress& left, const SocketAddress& right) {
  if (left.family() != right.family()) {
    return false;
  }
  if (left.family() == AF_UNIX) {
    return std::strcmp(as<sockaddr_un>(left).sun_path, as<sockaddr_un>(right).sun_path) == 0;
  }
  if (left.family() == AF_INET) {
    return left.port() == right.port() &&
           as<sockaddr_in>(left).sin_addr.s_addr == as<sockaddr_in>(right).sin_addr.s_addr;
  }
  const auto one = as<sockaddr_in6>(left);
  const auto other = as<sockaddr_in6>(right);
  return one.sin6_port == other.sin6_port && one.sin6_scope_id == other.sin6_scope_id &&
         std::equal(std::begin(one.sin6_addr.s6_addr), std::end(one.sin6_addr.s6_addr),
                    std::begin(other.sin6_addr.s6_addr));
}

Result<std::vector<ListenCandidate>> find_candidates(const ListenAddress& address) {
  if (address.kind == Kind::unix_path) {
    return std::vector<ListenCandidate>{{"", address.path, from(make_unix_address(address.path))}};
  }
  const bool is_for_both = address.kind == Kind::any && kernel_has_ipv6();
  const char* any = is_for_both ? "::" : "0.0.0.0";
  const auto found = look_up(address.kind == Kind::any ? any : address.host, address.port);
  if (!found) {
    return tl::unexpected<Fault>(found.error());
  }
  std::vector<ListenCandidate> candidates;
  for (const SocketAddress& each : *found) {
    candidates.push_back({is_for_both ? "" : numeric_host(each), "", each});
  }
  return candidates;
}

}  // namespace perf_exporter
