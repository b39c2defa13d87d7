#include "http/request_head.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::size_t kMostFields = 64;  // as many as the parser takes

std::optional<Refusal> refuse(int status, std::string text) {
  return Refusal{status, std::move(text)};
}

std::optional<Refusal> bad(std::string text) {
  return refuse(400, std::move(text));
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

bool is_letter(char character) {
  const char lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'z';
}

// RFC 9110, section 5.6.2: what methods and the names of fields are made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char character) {
    return is_digit(character) || is_letter(character) ||
           kMarks.find(character) != std::string_view::npos;
  });
}

bool is_visible(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte > ' ' && byte < 0x7f;
}

bool is_url(std::string_view target) {
  return equal_ignoring_case(target.substr(0, kScheme.size()), kScheme);
}

// They may stand in front of a request.
std::string_view without_empty_lines(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of("\r\n"), text.size()));
}

// Cuts the first line off, without its end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

std::optional<Refusal> check_target(std::string_view method, std::string_view target) {
  if (!std::all_of(target.begin(), target.end(), is_visible)) {
    return bad("the target of the request has bytes that must be percent-encoded");
  }
  if (target.substr(0, target.find('?')).find("%00") != std::string_view::npos) {
    return bad("the path of the request has a zero byte");
  }
  if (target[0] == '/') {
    return std::nullopt;
  }
  if (is_url(target)) {
    const std::size_t host = target.find_first_of("/?#", kScheme.size());
    return host == kScheme.size() || target.size() == kScheme.size()
               ? bad("the URL in the request names no host")
               : std::nullopt;
  }
  return method == "GET" || method == "HEAD"
             ? bad("the target of the request is neither a path nor an http URL")
             : refuse(405, "only GET and HEAD are served here");
}

std::optional<Refusal> check_version(std::string_view version) {
  constexpr std::string_view kName = "HTTP/";
  const std::string_view number = version.substr(std::min(kName.size(), version.size()));
  if (!version.starts_with(kName) || number.size() != 3 || !is_digit(number[0]) ||
      number[1] != '.' || !is_digit(number[2])) {
    return bad("the request line is not 'METHOD TARGET HTTP/1.1'");
  }
  if (number != "1.0" && number != "1.1") {
    return refuse(505, "HTTP/1.1 and HTTP/1.0 are served here");
  }
  return std::nullopt;
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;
};

std::optional<Refusal> check_request_line(std::string_view line, RequestLine& parts) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) {
    return bad("the request line is not 'METHOD TARGET HTTP/1.1'");
  }
  parts = {line.substr(0, first), line.substr(first + 1, last - first - 1), line.substr(last + 1)};
  if (!is_token(parts.method) || parts.target.empty()) {
    return bad("the request line is not 'METHOD TARGET HTTP/1.1'");
  }
  if (auto refusal = check_version(parts.version)) {
    return refusal;
  }
  return check_target(parts.method, parts.target);
}

// What the fields say on how long the request is and whom it is for.
struct Framing {
  int hosts = 0;
  std::optional<std::string_view> length;
  int codings = 0;
};

std::optional<Refusal> note_host(std::string_view value, Framing& framing) {
  constexpr std::string_view kNever = " \t,/?#@\\\"<>";
  if (++framing.hosts > 1) {
    return bad("the request has two Host headers");
  }
  return value.find_first_of(kNever) != std::string_view::npos
             ? bad("the Host header names no host")
             : std::nullopt;
}

std::optional<Refusal> note_length(std::string_view value, Framing& framing) {
  constexpr std::size_t kMostDigits = 18;
  if (value.empty() || value.size() > kMostDigits ||
      !std::all_of(value.begin(), value.end(), is_digit)) {
    return bad("the Content-Length is no number of bytes");
  }
  if (framing.length.value_or(value) != value) {
    return bad("the request has two Content-Lengths");
  }
  framing.length = value;
  return std::nullopt;
}

std::optional<Refusal> note_coding(std::string_view value, Framing& framing) {
  if (++framing.codings > 1 || !equal_ignoring_case(value, "chunked")) {
    return refuse(501, "no transfer coding but chunked is known here");
  }
  return std::nullopt;
}

std::optional<Refusal> check_field(std::string_view line, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') {
    return bad("a header goes on in another line");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return bad("a header has no colon");
  }
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) {
    return bad("the name of a header is none");
  }
  if (line.find('\r') != std::string_view::npos) {
    return bad("a header has a carriage return");
  }
  const std::string_view value = trim(line.substr(colon + 1), " \t");
  if (equal_ignoring_case(name, "Host")) {
    return note_host(value, framing);
  }
  if (equal_ignoring_case(name, "Content-Length")) {
    return note_length(value, framing);
  }
  return equal_ignoring_case(name, "Transfer-Encoding") ? note_coding(value, framing)
                                                        : std::nullopt;
}

std::optional<Refusal> check_framing(const Framing& framing, std::string_view version) {
  if (framing.hosts == 0 && version == "HTTP/1.1") {
    return bad("the request has no Host header");
  }
  if (framing.codings > 0 && (framing.length || version == "HTTP/1.0")) {
    return bad("the request has a Transfer-Encoding beside " +
               std::string(framing.length ? "a Content-Length" : "HTTP/1.0"));
  }
  return std::nullopt;
}

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);  // whether char has a sign differs
  return byte == 0x7f ||
         (byte < ' ' && character != '\t' && character != '\r' && character != '\n');
}

}  // namespace

std::string_view method_of(std::string_view head) {
  head = without_empty_lines(head);
  return head.substr(0, head.find(' '));
}

std::optional<Refusal> check_head(std::string_view head) {
  head = without_empty_lines(head);
  RequestLine request;
  if (auto refusal = check_request_line(next_line(head), request)) {
    return refusal;
  }
  Framing framing;
  std::size_t fields = 0;
  for (std::string_view line = next_line(head); !line.empty(); line = next_line(head)) {
    if (++fields > kMostFields) {
      return refuse(431, "the request has more than " + std::to_string(kMostFields) + " headers");
    }
    if (auto refusal = check_field(line, framing)) {
      return refusal;
    }
  }
  return check_framing(framing, request.version);
}

void make_path_of_url(std::span<char> head) {
  const std::string_view text(head.data(), head.size());
  const std::size_t start = text.find_first_not_of("\r\n");
  const std::size_t target = text.find(' ', start) + 1;
  if (!is_url(text.substr(target))) {
    return;
  }
  std::size_t path = text.find_first_of("/?# ", target + kScheme.size());
  if (text[path] != '/') {  // "http://host" and "http://host?query": the host's last letter goes
    head[--path] = '/';
  }
  const auto at = [&](std::size_t index) {
    return head.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const auto moved = std::copy_backward(at(start), at(target), at(path));
  std::fill(at(start), moved, ' ');
}

Refusal refuse_incomplete(std::string_view received, HeadEnd end) {
  constexpr std::string_view kTlsRecord = "\x16\x03";
  const std::string most = std::to_string(kMaxHeadBytes) + " bytes";
  if (end == HeadEnd::too_long) {
    return without_empty_lines(received).find('\n') == std::string_view::npos
               ? Refusal{414, "the request line is longer than " + most}
               : Refusal{431, "the head of the request is longer than " + most};
  }
  if (end == HeadEnd::late) {
    return {408, "the head of the request has not come whole within " +
                     std::to_string(kHeadTimeoutMs / 1000) + " seconds"};
  }
  if (received.starts_with(kTlsRecord)) {
    return {400, "this is TLS; plain HTTP is served here"};
  }
  return {400, std::any_of(received.begin(), received.end(), is_control)
                   ? "the head of the request has control characters"
                   : "the request ends within its head"};
}

}  // namespace perf_exporter
