#include "http/accepted_sockets.h"

#include <dirent.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace perf_exporter {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

template <class Value>
bool contains(const std::vector<Value>& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Both families have the port at the same place (ip(7), ipv6(7)).
int port_of(const Address& address) {
  sockaddr_in internet{};
  std::memcpy(&internet, &address.storage, sizeof(internet));
  return ntohs(internet.sin_port);
}

std::string path_of(const Address& address) {
  sockaddr_un local{};
  std::memcpy(&local, &address.storage, sizeof(local));
  return {local.sun_path, ::strnlen(local.sun_path, sizeof(local.sun_path))};
}

std::string host_of(Address& address) {
  std::array<char, NI_MAXHOST> text{};
  return ::getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                       NI_NUMERICHOST) == 0
             ? text.data()
             : "";
}

std::chrono::milliseconds idle_time(int fd) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
             ? std::chrono::milliseconds(info.tcpi_last_data_recv)
             : std::chrono::milliseconds(0);
}

bool has_unread(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

bool has_ended(int fd) {
  pollfd poll{fd, POLLRDHUP, 0};
  return ::poll(&poll, 1, 0) > 0;
}

std::optional<AcceptedSocket> inspect(int fd, const ListeningOn& listening) {
  Address peer;
  Address own;
  if (::getpeername(fd, peer.get(), &peer.length) != 0 ||
      ::getsockname(fd, own.get(), &own.length) != 0) {
    return std::nullopt;
  }
  AcceptedSocket socket;
  socket.fd = fd;
  if (own.storage.ss_family == AF_UNIX) {
    if (!contains(listening.unix_paths, path_of(own))) {
      return std::nullopt;
    }
  } else {
    const bool is_tcp = own.storage.ss_family == AF_INET || own.storage.ss_family == AF_INET6;
    if (!is_tcp || !contains(listening.ports, port_of(own))) {
      return std::nullopt;
    }
    socket.peer = host_of(peer);
    socket.peer_port = port_of(peer);
    socket.idle = idle_time(fd);
  }
  socket.unread = has_unread(fd);
  socket.ended = has_ended(fd);
  return socket;
}

}  // namespace

std::vector<AcceptedSocket> list_accepted_sockets(const ListeningOn& listening) {
  std::vector<AcceptedSocket> sockets;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), &::closedir);
  if (!directory) {
    return sockets;
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    int fd = -1;
    if (std::from_chars(name.data(), name.data() + name.size(), fd).ec == std::errc()) {
      if (auto socket = inspect(fd, listening)) {
        sockets.push_back(std::move(*socket));
      }
    }
  }
  return sockets;
}

}  // namespace perf_exporter
