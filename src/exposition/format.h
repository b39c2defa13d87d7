// The text formats, and in what they differ, as data: one row each.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace perf_exporter {

// text: the Prometheus text format 0.0.4; openmetrics: OpenMetrics 1.0.0.
enum class Format { text, openmetrics };
inline constexpr std::array kFormats = {Format::text, Format::openmetrics};
static_assert(kFormats.size() == static_cast<std::size_t>(Format::openmetrics) + 1);

// Of double quotes in a HELP text.
enum class Quotes { plain, escaped };

// How a header names a family: as its samples are named, or as OpenMetrics does (see
// append_header()).
enum class FamilyNames { of_samples, of_openmetrics };

struct FormatRules {
  Quotes help_quotes;
  FamilyNames names;
  std::string_view end;  // the last line
};

constexpr FormatRules rules_of(Format format) {
  switch (format) {
    case Format::text:
      return {Quotes::plain, FamilyNames::of_samples, ""};
    case Format::openmetrics:
      break;
  }
  return {Quotes::escaped, FamilyNames::of_openmetrics, "# EOF\n"};
}

// What there is of each format.
template <class T>
using ByFormat = std::array<T, kFormats.size()>;

constexpr std::size_t index_of(Format format) {
  return static_cast<std::size_t>(format);
}

}  // namespace perf_exporter
