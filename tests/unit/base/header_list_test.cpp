#include "base/header_list.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

TEST(HeaderList, QuotesHoldWhatWouldSeparate) {
  std::string_view list = R"( a;x="1,\"2" , b)";
  EXPECT_EQ(next_element(list, ','), R"(a;x="1,\"2")");
  EXPECT_EQ(next_element(list, ','), "b");
  EXPECT_TRUE(list.empty());
  std::string_view open = R"(a"b,c)";
  EXPECT_EQ(next_element(open, ','), R"(a"b,c)");
}

TEST(HeaderList, TakesNameVersionAndWeight) {
  std::string_view list = R"(text/plain; Version="0.0.4"; charset=utf-8;Q=0.25, */*)";
  const WeightedElement first = next_weighted(list);
  EXPECT_EQ(first.name, "text/plain");
  EXPECT_EQ(first.version, "0.0.4");
  EXPECT_EQ(first.weight, 250);
  const WeightedElement second = next_weighted(list);
  EXPECT_EQ(second.name, "*/*");
  EXPECT_EQ(second.version, "");
  EXPECT_EQ(second.weight, WeightedElement::kFullWeight);
}

TEST(HeaderList, AMalformedWeightIsNone) {
  for (const char* weight : {"", "2", "1.001", "0.1234", "-1", ".5", "a", "00.1"}) {
    const std::string text = std::string("gzip;q=") + weight;
    std::string_view list = text;
    EXPECT_EQ(next_weighted(list).weight, std::nullopt) << weight;
  }
}

TEST(HeaderList, FindsAnElementInWhateverCase) {
  EXPECT_TRUE(has_element("Upgrade, Keep-Alive", "keep-alive"));
  EXPECT_FALSE(has_element("keep-alive-not", "keep-alive"));
}

}  // namespace
}  // namespace perf_exporter
