#include "http/gzip.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "unit/http/gunzip.h"

namespace perf_exporter {
namespace {

std::string metrics_text(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) {
    text += "perf_cpu_cycles_total{cpu=\"" + std::to_string(i) + "\"} " + std::to_string(i * 7919) +
            "\n";
  }
  return text;
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(random());
  }
  return bytes;
}

TEST(Gzip, GivesBackWhatWasCompressed) {
  GzipCompressor gzip;
  for (const std::string& text : {std::string(), std::string("a"), metrics_text(100),
                                  metrics_text(50000), std::string(1000000, 'x')}) {
    const auto compressed = gzip.compress(text);
    ASSERT_TRUE(compressed) << compressed.error().what;
    EXPECT_EQ(gunzip(*compressed), text);
  }
}

TEST(Gzip, MakesMetricsMuchSmaller) {
  GzipCompressor gzip;
  const std::string text = metrics_text(1000);
  EXPECT_LT(gzip.compress(text)->size(), text.size() / 3);
}

TEST(Gzip, HoldsWhatCanNotBeCompressed) {
  GzipCompressor gzip;
  for (const std::size_t size : {1U, 100U, 65535U, 65536U, 3000000U}) {
    const std::string bytes = random_bytes(size);
    const auto compressed = gzip.compress(bytes);
    ASSERT_TRUE(compressed) << size << ": " << compressed.error().what;
    EXPECT_EQ(gunzip(*compressed), bytes);
  }
}

TEST(Gzip, IsNotConfusedByAnEarlierLongerText) {
  GzipCompressor gzip;
  ASSERT_TRUE(gzip.compress(metrics_text(10000)));
  const std::string fresh(GzipCompressor().compress("short").value());
  EXPECT_EQ(*gzip.compress("short"), fresh);
}

TEST(Gzip, ReusesItsOutput) {
  GzipCompressor gzip;
  const std::string text = metrics_text(1000);
  const char* first = gzip.compress(text)->data();
  EXPECT_EQ(gzip.compress(text)->data(), first);
}

}  // namespace
}  // namespace perf_exporter
