#include "http/civetweb_request.h"

#include <civetweb.h>

#include <array>
#include <string_view>

#include "base/header_list.h"

namespace perf_exporter {
namespace {

constexpr long long kMaxDiscardedBody = 65536;

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view header(const mg_connection* connection, const char* name) {
  return view(mg_get_header(connection, name));
}

}  // namespace

HttpRequest read_request(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return {view(info->request_method), view(info->local_uri), view(info->query_string),
          header(connection, "Accept"), header(connection, "Accept-Encoding")};
}

bool wants_keep_alive(const mg_connection* connection) {
  const std::string_view wish = header(connection, "Connection");
  return wish.empty() ? view(mg_get_request_info(connection)->http_version) == "1.1"
                      : has_element(wish, "keep-alive");
}

bool has_body(const mg_connection* connection) {
  return mg_get_request_info(connection)->content_length > 0 ||
         !header(connection, "Transfer-Encoding").empty();
}

void discard_short_body(mg_connection* connection) {
  const long long length = mg_get_request_info(connection)->content_length;
  // A client that expects "100 Continue" sends its body only when it is told to.
  if (length <= 0 || length > kMaxDiscardedBody || !header(connection, "Expect").empty() ||
      !header(connection, "Transfer-Encoding").empty()) {
    return;
  }
  std::array<char, 4096> ignored{};
  while (mg_read(connection, ignored.data(), ignored.size()) > 0) {
  }
}

}  // namespace perf_exporter
