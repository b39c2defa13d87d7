#include "perf/pfm_encoder.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace perf_exporter {
namespace {

// As on another machine: libpfm4 takes the PMU that is named for the one that is here.
class PfmEncoderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::setenv("LIBPFM_FORCE_PMU", "snb", 1), 0); }
  void TearDown() override { ::unsetenv("LIBPFM_FORCE_PMU"); }
};

TEST_F(PfmEncoderTest, AnEventKeepsAllOfItsConfigs) {
  const auto found = find_pfm_events("offcore_response_0");
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_FALSE(found->empty());
  for (const PfmEvent& event : *found) {
    EXPECT_NE(event.encoding.config, 0U) << event.name;
    EXPECT_NE(event.encoding.config1, 0U) << event.name << ": which response is asked for";
  }
}

TEST_F(PfmEncoderTest, APatternIsLookedForInNamesAndDescriptions) {
  const auto found = find_pfm_events("inst_retired");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->empty());
  EXPECT_TRUE(find_pfm_events("no event is called so")->empty());
}

}  // namespace
}  // namespace perf_exporter
