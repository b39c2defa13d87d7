// The lists that HTTP's headers hold (RFC 9110, sections 5.6 and 12.4.2).
#pragma once

#include <optional>
#include <string_view>

namespace perf_exporter {

// Cuts the first element off `list` and returns it, without white space around it: up to the next
// `separator` that does not stand in quotes.
std::string_view next_element(std::string_view& list, char separator);

// Whether a list such as that of the Connection header has this element.
[[nodiscard]] bool has_element(std::string_view list, std::string_view element);

// One element of a list with weights, `text/plain;version=0.0.4;q=0.5`.
struct WeightedElement {
  static constexpr int kFullWeight = 1000;

  std::string_view name;
  std::string_view version;  // without its quotes; empty: not given
  std::optional<int> weight =
      kFullWeight;  // q in thousandths; nothing where it is no number between 0 and 1
};

// Cuts the first weighted element off `list`. Other parameters are left out.
WeightedElement next_weighted(std::string_view& list);

}  // namespace perf_exporter
