#include "base/search.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

TEST(HoldsIgnoringCase, FindsAPatternInEitherCase) {
  EXPECT_TRUE(holds_ignoring_case("L1D_read_misses", "l1d_READ"));
  EXPECT_TRUE(holds_ignoring_case("cycles", ""));
  EXPECT_FALSE(holds_ignoring_case("cycles", "cycling"));
  EXPECT_FALSE(holds_ignoring_case("", "c"));
}

}  // namespace
}  // namespace perf_exporter
