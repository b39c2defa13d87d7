#include "base/header_list.h"

#include <algorithm>

#include "base/text.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kWhiteSpace = " \t";

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

// "0", "0.25", "1.000": three decimals at most, as RFC 9110 grants them.
std::optional<int> parse_weight(std::string_view text) {
  constexpr std::size_t kLongest = 5;
  if (text.empty() || text.size() > kLongest || (text[0] != '0' && text[0] != '1') ||
      (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  int weight = (text[0] - '0') * WeightedElement::kFullWeight;
  int unit = WeightedElement::kFullWeight;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    unit /= 10;
    weight += (digit - '0') * unit;
  }
  return weight <= WeightedElement::kFullWeight ? std::optional(weight) : std::nullopt;
}

}  // namespace

std::string_view next_element(std::string_view& list, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != separator); ++end) {
    if (list[end] == '"') {
      quoted = !quoted;
    } else if (list[end] == '\\' && quoted) {
      ++end;
    }
  }
  end = std::min(end, list.size());
  const std::string_view element = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return trim(element, kWhiteSpace);
}

bool has_element(std::string_view list, std::string_view element) {
  while (!list.empty()) {
    if (equal_ignoring_case(next_element(list, ','), element)) {
      return true;
    }
  }
  return false;
}

WeightedElement next_weighted(std::string_view& list) {
  std::string_view parameters = next_element(list, ',');
  WeightedElement element{next_element(parameters, ';'), {}};
  while (!parameters.empty()) {
    std::string_view value = next_element(parameters, ';');
    const std::string_view name = next_element(value, '=');
    if (equal_ignoring_case(name, "version")) {
      element.version = unquote(trim(value, kWhiteSpace));
    } else if (equal_ignoring_case(name, "q")) {
      element.weight = parse_weight(trim(value, kWhiteSpace));
    }
  }
  return element;
}

}  // namespace perf_exporter
