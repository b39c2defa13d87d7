#include "http/listen/listen_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace perf_exporter {
namespace {

using Kind = ListenAddress::Kind;

bool is_numeric(int family, const std::string& host) {
  in6_addr address{};  // the larger one
  return ::inet_pton(family, host.c_str(), &address) == 1;
}

// RFC 4007, section 11: "fe80::1%eth0". Which interfaces there are is not looked at.
bool is_ipv6(const std::string& address) {
  const std::size_t percent = std::min(address.find('%'), address.size());
  const std::string_view zone = std::string_view(address).substr(percent);
  return is_numeric(AF_INET6, address.substr(0, percent)) &&
         (zone.empty() || (zone.size() > 1 && zone.size() <= IF_NAMESIZE &&
                           zone.find_first_of("/ \t") == std::string_view::npos));
}

bool is_unspecified(const std::string& address) {
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six);
}

// RFC 952 with the relaxations of RFC 1123, and the underscore that some use nevertheless. At least
// one letter: a malformed IPv4 address is no name.
bool is_host_name(std::string_view host) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_allowed = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  return std::all_of(host.begin(), host.end(), is_allowed) &&
         std::any_of(host.begin(), host.end(), is_letter);
}

Result<ListenAddress> parse_unix(std::string_view path, const std::string& named) {
  if (path.empty() || path[0] != '/') {
    return fault(named + ": the path of a unix socket starts with a slash");
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fault(named + ": the path is longer than " +
                 std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
  }
  if (path.find_first_of(",: \t") != std::string_view::npos) {
    return fault(named + ": the path of a unix socket has no comma, colon or white space");
  }
  return ListenAddress{Kind::unix_path, "", 0, std::string(path)};
}

Result<ListenAddress> parse_host(std::string_view host, std::uint16_t port,
                                 const std::string& named) {
  if (host.empty()) {
    return ListenAddress{Kind::any, "", port, ""};
  }
  if (host.front() == '[' && host.back() == ']') {
    std::string address(host.substr(1, host.size() - 2));
    if (!is_ipv6(address)) {
      return fault(named + ": '" + address + "' is no IPv6 address");
    }
    const Kind kind = is_unspecified(address) ? Kind::any : Kind::ipv6;
    return ListenAddress{kind, std::move(address), port, ""};
  }
  if (host.find(':') != std::string_view::npos) {
    return fault(named + ": an IPv6 address stands in brackets, as in [::1]:10950");
  }
  std::string name(host);
  if (is_numeric(AF_INET, name)) {
    return ListenAddress{Kind::ipv4, std::move(name), port, ""};
  }
  if (!is_host_name(host)) {
    return fault(named + ": '" + name + "' is neither an address nor a host name");
  }
  return ListenAddress{Kind::host_name, std::move(name), port, ""};
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  const std::string named = "listen address '" + std::string(text) + "'";
  if (text.starts_with(kUnix)) {
    return parse_unix(text.substr(kUnix.size()), named);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fault(named + ": no port; write host:port, :port or unix:/path");
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return fault(named + ": '" + std::string(digits) + "' is no port (0 to 65535)");
  }
  return parse_host(text.substr(0, colon), port, named);
}

}  // namespace perf_exporter
