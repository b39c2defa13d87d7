#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/listen_address.h"

namespace perf_exporter {

// One socket to listen on.
struct ListenTarget {
  std::string given;  // the address as the user wrote it
  std::string host;   // numeric, in brackets where IPv6; "" for all addresses; not for unix sockets
  std::uint16_t port = 0;
  std::string path;  // of a unix socket; else empty
  // The server library's word for it: "127.0.0.1:80", "+80" for both families, "x/path".
  std::string library_spec;
};

// Parses the addresses, looks up host names and tries whether each can be bound, so that what is
// wrong is known by name before the server library starts: a port in use, an address this machine
// lacks, no permission. All addresses means IPv4 alone where the kernel has no IPv6. A unix socket
// that nobody answers on is removed; one that is in use, and any other file, is a fault. Unix
// sockets come last, as the server library demands.
Result<std::vector<ListenTarget>> prepare_listeners(const std::vector<std::string>& addresses);

// The paths of the unix sockets among them.
std::vector<std::string> unix_paths(const std::vector<ListenTarget>& targets);

}  // namespace perf_exporter
