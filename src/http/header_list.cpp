#include "http/header_list.h"

#include <algorithm>

namespace perf_exporter {
namespace {

constexpr std::string_view kWhiteSpace = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

// RFC 9110, section 12.4.2: "0" or "1" with at most three decimals. Returns thousandths.
int parse_weight(std::string_view text) {
  constexpr std::size_t kDecimals = 3;
  if (text.empty() || (text[0] != '0' && text[0] != '1')) {
    return 0;
  }
  std::string_view decimals = text.substr(1);
  if (!decimals.empty()) {
    if (decimals[0] != '.') {
      return 0;
    }
    decimals.remove_prefix(1);
  }
  if (decimals.size() > kDecimals || !std::all_of(decimals.begin(), decimals.end(), is_digit)) {
    return 0;
  }
  int weight = text[0] - '0';
  for (std::size_t i = 0; i < kDecimals; ++i) {
    weight = weight * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return weight > 1000 ? 0 : weight;
}

}  // namespace

std::string_view next_element(std::string_view& list, char separator) {
  const std::size_t end = std::min(list.find(separator), list.size());
  const std::string_view element = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return trim(element);
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
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
  WeightedElement element{next_element(parameters, ';')};
  while (!parameters.empty()) {
    std::string_view value = next_element(parameters, ';');
    const std::string_view name = next_element(value, '=');
    if (equal_ignoring_case(name, "q")) {
      element.weight = parse_weight(value);
    }
  }
  return element;
}

}  // namespace perf_exporter
