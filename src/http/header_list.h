// Headers that hold a comma-separated list.
#pragma once

#include <string_view>

namespace perf_exporter {

// Cuts the first element off `list` and returns it: up to the next `separator`, without white space
// around it.
std::string_view next_element(std::string_view& list, char separator);

// Without regard to the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

// Whether a list such as that of the Connection header has this element.
[[nodiscard]] bool has_element(std::string_view list, std::string_view element);

// One element of a list with weights, "gzip;q=0.5".
struct WeightedElement {
  std::string_view name;
  int weight = 1000;  // q in thousandths; 0: not acceptable
};

// Cuts the first weighted element off `list`. Parameters other than q are ignored; a q that is no
// number between 0 and 1 counts as 0.
WeightedElement next_weighted(std::string_view& list);

}  // namespace perf_exporter
