#include "exposition/number.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace perf_exporter {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();
constexpr Count kMaxCount = ~Count{0};

std::string count(Count value) {
  std::array<char, kLongestNumber> text{};
  return {text.data(), write_count(text.data(), value)};
}

std::string seconds(Count nanoseconds) {
  std::array<char, kLongestNumber> text{};
  return {text.data(), write_seconds(text.data(), nanoseconds)};
}

std::string real(double value) {
  std::array<char, kLongestNumber> text{};
  return {text.data(), write_real(text.data(), value)};
}

// Digit by digit, as on paper.
std::string digits(Count value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return text;
}

TEST(Number, CountsInFull) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(1'000'000'000'000'000'000), "1000000000000000000");
  EXPECT_EQ(count(kMax64), "18446744073709551615");
  EXPECT_EQ(count(Count{kMax64} + 1), "18446744073709551616");
  EXPECT_EQ(count(Count{10'000'000'000'000'000'000U} * 10), "100000000000000000000");
  EXPECT_EQ(count(kMaxCount), "340282366920938463463374607431768211455");
  EXPECT_EQ(count(kMaxCount).size(), kLongestNumber - 1);
}

TEST(Number, CountsOfAnySize) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const Count value = ((Count{random()} << 64) | random()) >> (random() % 128);
    ASSERT_EQ(count(value), digits(value));
  }
}

TEST(Number, SecondsAreExact) {
  EXPECT_EQ(seconds(0), "0.000000000");
  EXPECT_EQ(seconds(1), "0.000000001");
  EXPECT_EQ(seconds(1'500'000'000), "1.500000000");
  EXPECT_EQ(seconds(999'999'999), "0.999999999");
  EXPECT_EQ(seconds(kMax64), "18446744073.709551615");
  EXPECT_EQ(seconds(Count{kMax64} + 1), "18446744073.709551616");
  EXPECT_EQ(seconds(kMaxCount), "340282366920938463463374607431.768211455");
  EXPECT_EQ(seconds(kMaxCount).size(), kLongestNumber);
}

TEST(Number, RealsReadBackTheSame) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const double value = std::uniform_real_distribution<double>(-1e18, 1e18)(random) *
                         (random() % 2 == 0 ? 1 : 1e-30);
    const std::string text = real(value);
    double back = 0;
    ASSERT_EQ(std::from_chars(text.data(), text.data() + text.size(), back).ec, std::errc{});
    ASSERT_EQ(back, value) << text;
  }
}

TEST(Number, RealsAreShortAndNameTheirSpecials) {
  EXPECT_EQ(real(0), "0");
  EXPECT_EQ(real(1), "1");
  EXPECT_EQ(real(0.1), "0.1");
  EXPECT_EQ(real(-2.5), "-2.5");
  EXPECT_EQ(real(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(real(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(real(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(real(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(real(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_LE(real(-std::numeric_limits<double>::denorm_min()).size(), kLongestNumber);
  EXPECT_LE(real(std::numeric_limits<double>::lowest()).size(), kLongestNumber);
}

}  // namespace
}  // namespace perf_exporter
