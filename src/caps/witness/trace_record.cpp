#include "caps/witness/trace_record.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "caps/witness/trace_probes.h"

namespace perf_exporter {
namespace {

// The text up to `end`, which is taken away with it; all of it where there is no `end`.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return taken;
}

template <class Number>
std::optional<Number> to_number(std::string_view text, int base) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

// "-13", "38", "0xfffffffffffffff3".
std::optional<std::int64_t> to_value(std::string_view text) {
  if (text.starts_with("0x")) {
    const auto number = to_number<std::uint64_t>(text.substr(2), 16);
    return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
  }
  if (const auto number = to_number<std::int64_t>(text, 10)) {
    return number;
  }
  const auto number = to_number<std::uint64_t>(text, 10);
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

std::string function_name(std::string_view symbol) {
  return std::string(symbol.substr(0, symbol.find_first_of(".+")));
}

void note_entry(TraceRecord& record, std::string_view symbol) {
  record.function = function_name(symbol);
  record.kind =
      is_syscall_function(record.function) ? TraceRecord::Kind::begins : TraceRecord::Kind::enters;
}

// "cap=38 w0=0x0 type=(fault)"; what could not be read is left out.
void read_arguments(std::string_view text, TraceRecord& record) {
  while (!text.empty()) {
    std::string_view word = take_until(text, " ");
    const std::string name(take_until(word, "="));
    if (const auto value = to_value(word)) {
      record.arguments.emplace_back(name, static_cast<std::uint64_t>(*value));
    }
  }
}

// "(caller+0x1c/0x50 <- function) ret=0" or "(function+0x4/0x80) cap=21".
bool read_probe(std::string_view text, TraceRecord& record) {
  take_until(text, "(");
  std::string_view place = take_until(text, ")");
  const std::string_view first = take_until(place, " <- ");
  if (!place.empty()) {
    record.kind = TraceRecord::Kind::returns;
    record.function = function_name(place);
    record.caller = function_name(first);
  } else {
    note_entry(record, first);
  }
  read_arguments(trim(text), record);
  if (record.kind == TraceRecord::Kind::returns) {
    if (const auto answer = record.argument("ret")) {
      record.answer = static_cast<std::int64_t>(*answer);
    }
  }
  return !record.function.empty();
}

// "sys_perf_event_open(attr_uptr: 7ffd, pid: ffffffff, ...)": hexadecimal, in newer kernels with
// 0x; a number below ten has none.
void read_call_arguments(std::string_view text, TraceRecord& record) {
  take_until(text, "(");
  text = text.substr(0, text.find(')'));
  while (!text.empty()) {
    std::string_view pair = take_until(text, ", ");
    const std::string name(take_until(pair, ": "));
    pair.remove_prefix(pair.starts_with("0x") ? 2 : 0);
    if (const auto value = to_number<std::uint64_t>(pair, 16)) {
      record.arguments.emplace_back(name, *value);
    }
  }
}

// What stands behind the time stamp.
bool read_event(std::string_view text, TraceRecord& record) {
  constexpr std::string_view kCall = "sys_perf_event_open";
  if (text.starts_with(kCall) && text.substr(kCall.size()).starts_with("(")) {
    record.kind = TraceRecord::Kind::begins;
    record.function = kCall;
    read_call_arguments(text, record);
    return true;
  }
  if (text.starts_with(kCall) && text.substr(kCall.size()).starts_with(" -> ")) {
    record.kind = TraceRecord::Kind::ends;
    record.function = kCall;
    record.answer = to_value(trim(text.substr(kCall.size() + 4)));
    return true;
  }
  if (const auto arrow = text.find(" <-"); text.find(": (") == std::string_view::npos) {
    if (arrow == std::string_view::npos) {
      return false;
    }
    note_entry(record, text.substr(0, std::min(arrow, text.find('('))));
    record.caller = function_name(text.substr(arrow + 3));
    return true;
  }
  return read_probe(text, record);
}

// "            comm-123     [001] ...1.     3.087853: event": comm takes sixteen columns, and can
// hold anything.
std::optional<TraceRecord> parse_event_line(std::string_view line) {
  constexpr std::size_t kCommandColumns = 16;
  if (line.size() <= kCommandColumns || line[kCommandColumns] != '-') {
    return std::nullopt;
  }
  TraceRecord record;
  record.command = trim(line.substr(0, kCommandColumns));
  line.remove_prefix(kCommandColumns + 1);
  const auto thread = to_number<pid_t>(line.substr(0, line.find(' ')), 10);
  take_until(line, "] ");
  take_until(line, ": ");
  if (!thread || !read_event(trim(line), record)) {
    return std::nullopt;
  }
  record.thread = *thread;
  return record;
}

// "f() {", "f(); /* = 0x0 */", "} /* f = -13 */"; newer kernels write "ret=" for "= ". Other events
// stand alone in a comment.
bool read_graph(std::string_view text, TraceRecord& record) {
  std::string_view code = trim(take_until(text, "/*"));
  std::string_view comment = trim(text.substr(0, text.find("*/")));
  if (code.empty()) {
    return read_event(comment, record);
  }
  if (code.ends_with("{")) {
    note_entry(record, take_until(code, "("));
    return !record.function.empty();
  }
  record.kind = TraceRecord::Kind::returns;
  record.function = function_name(code == "}" ? take_until(comment, " ") : take_until(code, "("));
  const auto sign = comment.find('=');
  if (record.function.empty() || sign == std::string_view::npos) {
    return false;
  }
  record.answer = to_value(trim(comment.substr(sign + 1)));
  return record.answer.has_value();
}

// "    1.612000 |   0)    probe-57    |   0.000 us    |    perf_copy_attr(); /* = 0x0 */"
std::optional<TraceRecord> parse_graph_line(std::string_view line) {
  take_until(line, " | ");
  take_until(line, ") ");
  const std::string_view process = trim(take_until(line, " | "));
  take_until(line, "|  ");
  const auto dash = process.rfind('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  TraceRecord record;
  record.command = process.substr(0, dash);
  const auto thread = to_number<pid_t>(process.substr(dash + 1), 10);
  if (!thread || !read_graph(trim(line), record)) {
    return std::nullopt;
  }
  record.thread = *thread;
  return record;
}

}  // namespace

std::optional<std::uint64_t> TraceRecord::argument(std::string_view name) const {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == arguments.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TraceRecord> parse_trace_line(std::string_view line) {
  if (auto record = parse_event_line(line)) {
    return record;
  }
  return line.find(") ") == std::string_view::npos ? std::nullopt : parse_graph_line(line);
}

std::uint64_t lost_records(std::string_view line) {
  const auto at = line.find("[LOST ");
  if (!line.starts_with("CPU:") || at == std::string_view::npos) {
    return 0;
  }
  line.remove_prefix(at + 6);
  return to_number<std::uint64_t>(line.substr(0, line.find(' ')), 10).value_or(0);
}

}  // namespace perf_exporter
