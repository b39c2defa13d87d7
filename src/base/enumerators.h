// All enumerators of an enum, so that nobody keeps a list of them beside it.
#pragma once

#include <array>
#include <cstddef>

namespace perf_exporter {

// How many enumerators `Enum` has. They count from 0 on without a gap, and each has a text:
// to_text(Enum) is an exhaustive switch, so that the compiler names one that is missing there, and
// gives an empty text for what is no enumerator.
template <class Enum>
consteval std::size_t count_of() {
  std::size_t count = 0;
  while (!to_text(static_cast<Enum>(count)).empty()) {
    ++count;
  }
  return count;
}

// They themselves, in their order.
template <class Enum>
consteval std::array<Enum, count_of<Enum>()> enumerators() {
  std::array<Enum, count_of<Enum>()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<Enum>(i);
  }
  return all;
}

}  // namespace perf_exporter
