#pragma once

#include "http/routes.h"

struct mg_connection;

namespace perf_exporter {

// What civetweb has parsed. The views live as long as the request is handled.
HttpRequest read_request(const mg_connection* connection);

// Whether the client may send another request on this connection: civetweb's own rule, so that the
// answer's Connection header is true.
[[nodiscard]] bool wants_keep_alive(const mg_connection* connection);

[[nodiscard]] bool has_body(const mg_connection* connection);

// Reads and throws away a body whose length is known to be small and that is on its way: closing a
// connection with unread bytes sends a reset, which may overtake the answer. Others are left
// unread.
void discard_short_body(mg_connection* connection);

}  // namespace perf_exporter
