// This process's accepted connections as the kernel knows them: the server library does not tell
// their descriptors.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace perf_exporter {

// What is listened on. An accepted socket bears its listener's port or path.
struct ListeningOn {
  std::vector<int> ports;
  std::vector<std::string> unix_paths;
};

struct AcceptedSocket {
  int fd = -1;
  std::string peer;  // numeric address; empty for unix sockets, whose peers have no names
  int peer_port = 0;
  // Since something was received, or since the connection was made (tcpi_last_data_recv, tcp(7)).
  // Unknown, and 0, for unix sockets.
  std::chrono::milliseconds idle{0};
  bool unread = false;  // something has arrived that has not been read yet
  bool ended = false;   // nothing more will arrive: the peer or this process has shut it down
};

// Reads /proc/self/fd; empty where that can't be read. Descriptors may be closed by others as soon
// as they are listed.
std::vector<AcceptedSocket> list_accepted_sockets(const ListeningOn& listening);

}  // namespace perf_exporter
