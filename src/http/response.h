#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/accept.h"

namespace perf_exporter {

// Whether the connection stays open after this answer.
enum class Connection { keep_alive, close };

// What an answer's head says besides the headers that all of them carry.
struct ResponseHead {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  ContentCoding coding = ContentCoding::identity;
  std::size_t content_length = 0;
  Connection connection = Connection::keep_alive;
};

// Appends status line, headers and the empty line. 405 gets Allow, 503 Retry-After, HTML a policy
// that lets it load nothing from anywhere else and run no script.
void append_head(const ResponseHead& head, std::string& out);

// "Not Found" for 404; "Unknown" for a status that is not served here.
std::string_view reason_phrase(int status);

}  // namespace perf_exporter
