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

TEST(HoldsWord, TakesNoPartOfAnother) {
  EXPECT_TRUE(holds_word("flags : fpu hypervisor lahf_lm", "hypervisor"));
  EXPECT_TRUE(holds_word("a\nb", "b"));
  EXPECT_FALSE(holds_word("no_file_caps_x y_no_file_caps", "no_file_caps"));
  EXPECT_FALSE(holds_word("", "a"));
}

}  // namespace
}  // namespace perf_exporter
