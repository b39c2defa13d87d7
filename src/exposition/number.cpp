#include "exposition/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace perf_exporter {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kDecimals = 9;

// The largest power of ten that 64 bits hold, and its digits.
constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;
constexpr std::size_t kChunkDigits = 19;

bool fits(Count count) {
  return count <= std::numeric_limits<std::uint64_t>::max();
}

char* write_text(char* to, std::string_view text) {
  return std::copy(text.begin(), text.end(), to);
}

char* write_number(char* to, std::uint64_t number) {
  return std::to_chars(to, to + kLongestNumber, number).ptr;
}

// Exactly `digits` digits, zeros in front.
char* write_padded(char* to, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i > 0; --i) {
    to[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return to + digits;
}

}  // namespace

char* write_count(char* to, Count count) {
  if (fits(count)) {
    return write_number(to, static_cast<std::uint64_t>(count));
  }
  to = write_count(to, count / kChunk);
  return write_padded(to, static_cast<std::uint64_t>(count % kChunk), kChunkDigits);
}

char* write_seconds(char* to, Count nanoseconds) {
  std::uint64_t fraction = 0;
  if (fits(nanoseconds)) {
    const auto narrow = static_cast<std::uint64_t>(nanoseconds);
    to = write_number(to, narrow / kNanosecondsPerSecond);
    fraction = narrow % kNanosecondsPerSecond;
  } else {
    to = write_count(to, nanoseconds / kNanosecondsPerSecond);
    fraction = static_cast<std::uint64_t>(nanoseconds % kNanosecondsPerSecond);
  }
  *to = '.';
  return write_padded(to + 1, fraction, kDecimals);
}

char* write_real(char* to, double value) {
  if (std::isnan(value)) {
    return write_text(to, "NaN");
  }
  if (std::isinf(value)) {
    return write_text(to, value > 0 ? "+Inf" : "-Inf");
  }
  return std::to_chars(to, to + kLongestNumber, value).ptr;
}

}  // namespace perf_exporter
