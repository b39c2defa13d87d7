#include "base/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string>& collectors() {
  static const std::vector<std::string> names = {"cycles", "instructions", "cache", "branch",
                                                 "software"};
  return names;
}

TEST(Nearest, FindsTypingErrors) {
  EXPECT_THAT(nearest("cycels", collectors()), ElementsAre("cycles"));
  EXPECT_THAT(nearest("instuction", collectors()), ElementsAre("instructions"));
  EXPECT_THAT(nearest("Cache", collectors()), ElementsAre("cache"));
}

TEST(Nearest, FindsNamesThatContainIt) {
  EXPECT_THAT(nearest("soft", collectors()), ElementsAre("software"));
  EXPECT_THAT(nearest("instr", collectors()), ElementsAre("instructions"));
}

TEST(Nearest, FindsNothingWhereNothingIsNear) {
  EXPECT_THAT(nearest("qqqqqqqq", collectors()), IsEmpty());
  EXPECT_THAT(nearest("cycles", {}), IsEmpty());
}

TEST(Nearest, BestFirstAndThreeAtMost) {
  EXPECT_THAT(nearest("abcd", {"abxy", "abcx", "abcd", "xbcd", "abdc"}),
              ElementsAre("abcd", "abcx", "xbcd"));
}

TEST(Nearest, DidYouMeanReadsAsTheEndOfASentence) {
  EXPECT_EQ(did_you_mean("cycels", collectors()), " (did you mean cycles?)");
  EXPECT_EQ(did_you_mean("aa", {"ab", "ac"}), " (did you mean ab or ac?)");
  EXPECT_EQ(did_you_mean("aa", {"ab", "ac", "ad"}), " (did you mean ab, ac or ad?)");
  EXPECT_EQ(did_you_mean("qqqqqqqq", collectors()), "");
}

}  // namespace
}  // namespace perf_exporter
