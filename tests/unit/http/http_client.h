// A client on raw sockets: it sends what a test says and nothing else, so that half a request can
// be sent as well as a whole one.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace perf_exporter {

struct HttpAnswer {
  int status = 0;  // 0: the connection was closed, or nothing came in time
  std::string head;
  std::string body;

  // The value of a header, or "" where it is missing.
  [[nodiscard]] std::string header(const std::string& name) const {
    const std::size_t start = head.find("\r\n" + name + ": ");
    if (start == std::string::npos) {
      return "";
    }
    const std::size_t value = start + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

class HttpClient {
 public:
  // `address` as Server::addresses gives it; ":port" is reached at 127.0.0.1.
  explicit HttpClient(const std::string& address) {
    if (address.starts_with("unix:")) {
      sockaddr_un target{};
      target.sun_family = AF_UNIX;
      std::strncpy(target.sun_path, address.c_str() + 5, sizeof(target.sun_path) - 1);
      connect(target);
    } else if (address.starts_with("[")) {
      sockaddr_in6 target{};
      target.sin6_family = AF_INET6;
      target.sin6_port = port_of(address);
      target.sin6_addr = in6addr_loopback;
      connect(target);
    } else {
      sockaddr_in target{};
      target.sin_family = AF_INET;
      target.sin_port = port_of(address);
      target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connect(target);
    }
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;  // the server may close before it has read everything
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Sends no more.
  void end() { ::shutdown(fd_.get(), SHUT_WR); }

  // One answer; `method` HEAD means that no body follows.
  HttpAnswer receive(std::string_view method = "GET") {
    HttpAnswer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) {
        return answer;
      }
    }
    answer.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::string length = answer.header("Content-Length");
    const std::size_t size = method == "HEAD" || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size && fill()) {
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
  }

  HttpAnswer request(const std::string& method, const std::string& target,
                     const std::string& headers = "", const std::string& body = "") {
    send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body);
    return receive(method);
  }

  HttpAnswer get(const std::string& target, const std::string& headers = "") {
    return request("GET", target, headers);
  }

  // Whether the server ends the connection without another byte.
  bool is_closed() { return buffer_.empty() && !fill() && closed_; }

 private:
  static in_port_t port_of(const std::string& address) {
    return htons(static_cast<in_port_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  }

  template <class Target>
  void connect(const Target& target) {
    fd_ = UniqueFd(::socket(reinterpret_cast<const sockaddr&>(target).sa_family,
                            SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&target), sizeof(target)) != 0) {
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
  }

  bool fill() {
    char chunk[16384];
    const ssize_t size = ::recv(fd_.get(), chunk, sizeof(chunk), 0);
    if (size > 0) {
      buffer_.append(chunk, static_cast<std::size_t>(size));
      return true;
    }
    closed_ = size == 0 || errno == ECONNRESET;
    return false;
  }

  UniqueFd fd_;
  std::string buffer_;
  bool closed_ = false;
};

}  // namespace perf_exporter
