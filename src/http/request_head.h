// The head of a request before it is parsed: whether it is one (RFC 9112), and what is said where
// it is none. The parser takes more than it should, and ends in silence what it can't place.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "http/routes.h"

namespace perf_exporter {

inline constexpr std::size_t kMaxHeadBytes = 16384;
inline constexpr int kHeadTimeoutMs = 5000;

// Of a whole head, its empty line included: the refusal where it is malformed, or asks for what no
// HTTP/1.1 server may serve: 400, 405, 431, 501 or 505. Nothing where it can be parsed. Lines may
// end in a bare LF, and empty lines may stand in front.
std::optional<Refusal> check_head(std::string_view head);

// The first word of a head, right or not.
std::string_view method_of(std::string_view head);

// Turns the target of a head that check_head lets pass from "http://host:port/path" into "/path",
// in place; white space in front makes up for the length. Whom a URL addresses does not matter: it
// has come here.
void make_path_of_url(std::span<char> head);

// Why no whole head has come.
enum class HeadEnd {
  unreadable,  // the client has gone, or has sent what no head can have
  too_long,    // kMaxHeadBytes have come
  late,        // kHeadTimeoutMs have passed
};

// What is answered then: 400, 408, 414 or 431. `received` is not empty.
Refusal refuse_incomplete(std::string_view received, HeadEnd end);

}  // namespace perf_exporter
