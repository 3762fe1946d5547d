#include "runners/native/decode/draft_length.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

PassCosts Costs(double first, double each, double guess) {
  PassCosts costs{.guess_ms = guess};
  for (std::size_t n = 1; n < costs.ms.size(); ++n) {
    costs.ms[n] = first + each * static_cast<double>(n - 1);
  }
  return costs;
}

TEST(PassCosts, LieOnStraightLinesBetweenWhatWasMeasured) {
  const std::vector<VerifyCost> measured{
      {.tokens = 1, .ms = 10}, {.tokens = 2, .ms = 15}, {.tokens = 6, .ms = 23}};
  const PassCosts costs = CostsBetween(measured, 0.5);
  EXPECT_DOUBLE_EQ(costs.ms[1], 10);
  EXPECT_DOUBLE_EQ(costs.ms[2], 15);
  EXPECT_DOUBLE_EQ(costs.ms[4], 19);
  EXPECT_DOUBLE_EQ(costs.ms[6], 23);
  EXPECT_DOUBLE_EQ(costs.ms[16], 43);
  EXPECT_EQ(costs.guess_ms, 0.5);
}

TEST(DraftLength, GrowsWithTheShareOfRightGuesses) {
  DraftLength length(Costs(10, 3, 1));
  for (int i = 0; i < 40; ++i) length.Learn(8, 8);
  const int all_right = length.Next();
  for (int i = 0; i < 40; ++i) length.Learn(4, 2);
  const int some_right = length.Next();
  EXPECT_GT(all_right, some_right);
  EXPECT_GT(some_right, 0);
}

TEST(DraftLength, IsTheBestOfItsOwnPromises) {
  DraftLength length(Costs(10, 4, 1));
  for (int i = 0; i < 40; ++i) length.Learn(4, 3);
  const int best = length.Next();
  for (int n = 0; n <= kMostGuesses; ++n) EXPECT_LE(length.Promise(n), length.Promise(best));
}

TEST(DraftLength, WhatNeverPaysIsTriedNowAndThen) {
  DraftLength length(Costs(10, 9, 5));
  for (int i = 0; i < 40; ++i) length.Learn(2, 0);
  int tried = 0;
  for (int i = 0; i < 160; ++i) tried += length.Next();
  EXPECT_EQ(tried, 10);
  for (int i = 0; i < 60; ++i) length.Learn(1, 1);
  EXPECT_EQ(length.Next(), 0) << "the costs are too high even so";
}

TEST(DraftLength, ComesBackWhereGuessesBecomeRight) {
  DraftLength length(Costs(10, 2, 0));
  for (int i = 0; i < 40; ++i) length.Learn(2, 0);
  int passes = 0;
  while (length.Next() < 4) {
    length.Learn(1, 1);
    ASSERT_LT(++passes, 100);
  }
}

}  // namespace
}  // namespace moebench
