#include "http/response.h"

#include <array>
#include <charconv>

namespace perf_exporter {
namespace {

void append_number(std::size_t number, std::string& out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void append_head(const ResponseHead& head, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(static_cast<std::size_t>(head.status), out);
  out += ' ';
  out += reason_phrase(head.status);
  out += "\r\nContent-Type: ";
  out += head.content_type;
  out += "\r\nContent-Length: ";
  append_number(head.content_length, out);
  if (head.coding == ContentCoding::gzip) {
    out += "\r\nContent-Encoding: gzip";
  }
  if (head.status == 405) {
    out += "\r\nAllow: GET, HEAD";
  } else if (head.status == 503) {
    out += "\r\nRetry-After: 1";
  }
  if (head.content_type.starts_with("text/html")) {
    out +=
        "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }
  out += "\r\nVary: Accept, Accept-Encoding\r\nCache-Control: no-store";
  out += "\r\nX-Content-Type-Options: nosniff\r\nConnection: ";
  out += head.connection == Connection::close ? "close" : "keep-alive";
  out += "\r\n\r\n";
}

}  // namespace perf_exporter
