#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perf_exporter {

// Where to listen, as --web.listen-address gives it.
struct ListenAddress {
  enum class Kind {
    any,        // every address, IPv6 and IPv4 in one
    ipv4,       // `host` is a numeric IPv4 address
    ipv6,       // `host` is a numeric IPv6 address without brackets, a zone behind it or not
    host_name,  // `host` is to be looked up
    unix_path,  // `path` is a socket in the file system
  };
  Kind kind = Kind::any;
  std::string host;
  std::uint16_t port = 0;  // 0: the kernel chooses
  std::string path;
};

// Reads ":10950" and "[::]:10950" (all addresses), "127.0.0.1:10950", "[::1]:10950",
// "[fe80::1%eth0]:10950", "localhost:10950" and "unix:/run/perf-exporter.sock". A fault names the
// text and what is wrong with it. The limits of a unix path are the kernel's (107 bytes, unix(7))
// and the server library's (no comma, no colon).
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace perf_exporter
