#include "base/turns.h"

#include <gtest/gtest.h>

#include <string>

namespace perf_exporter {
namespace {

TEST(Turns, WhatIsHeldIsNotHandedOutAgain) {
  Turns<std::string> turns;
  const auto first = turns.take();
  *first = "held";
  const auto second = turns.take();
  EXPECT_NE(first, second);
  EXPECT_EQ(*first, "held");
  EXPECT_EQ(turns.size(), 2U);
}

TEST(Turns, WhatNobodyHoldsIsHandedOutAsItWasLeft) {
  Turns<std::string> turns;
  *turns.take() = "left";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*turns.take(), "left");
  }
  EXPECT_EQ(turns.size(), 1U);
}

}  // namespace
}  // namespace perf_exporter
