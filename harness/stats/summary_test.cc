#include "harness/stats/summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moebench {
namespace {

TEST(Summary, MedianQuantileAndDeviationOfKnownSamples) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(Quantile({1, 2, 3, 4, 5}, 0.25), 2);
  EXPECT_NEAR(Quantile({1, 2, 3, 4}, 0.9), 3.7, 1e-12);
  EXPECT_EQ(MedianDeviation({1, 1, 2, 2, 4, 6, 9}), 1);
}

TEST(Summary, EmptySamplesGiveZero) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(MedianDeviation({}), 0);
  const Estimate none = CentreInterval({});
  EXPECT_EQ(none.n, 0);
  EXPECT_EQ(none.lo, 0);
}

// One group: the ordinary standard error. 1..5 has variance 2.5, so se = sqrt(0.5), df = 4.
TEST(GroupedMean, OneGroupIsTheOrdinaryStandardError) {
  const MeanEstimate mean = GroupedMean({{1, 2, 3, 4, 5}});
  EXPECT_EQ(mean.mean, 3);
  EXPECT_NEAR(mean.se, std::sqrt(0.5), 1e-12);
  EXPECT_EQ(mean.df, 4);
}

// Groups that differ by far more than their samples do: each counts once. Means 1 and 3: sd
// sqrt(2), se = sqrt(2) / sqrt(2) = 1, df = 1.
TEST(GroupedMean, ClearSessionEffectCountsSessionsNotRepetitions) {
  const MeanEstimate mean = GroupedMean({{0.99, 1, 1.01}, {2.99, 3, 3.01}});
  EXPECT_FALSE(mean.pooled);
  EXPECT_NEAR(mean.mean, 2, 1e-12);
  EXPECT_NEAR(mean.se, 1, 1e-12);
  EXPECT_EQ(mean.df, 1);
}

TEST(GroupedMean, EqualGroupsArePooled) {
  const MeanEstimate mean = GroupedMean({{1, 2, 3}, {1, 2, 3}});
  EXPECT_TRUE(mean.pooled);
  EXPECT_EQ(mean.df, 5);
  EXPECT_NEAR(mean.se, std::sqrt(4.0 / 5 / 6), 1e-12);
}

TEST(GroupedMean, DegenerateGroupsHaveDefinedAnswers) {
  EXPECT_EQ(GroupedMean({{}, {}}).n, 0);
  EXPECT_EQ(GroupedMean({{7}, {}}).df, 0);
  EXPECT_EQ(GroupedMean({{7}, {}}).mean, 7);
  EXPECT_EQ(GroupedMean({{7, 7}, {7, 7}}).se, 0);
  EXPECT_EQ(GroupedMean({{7}, {7}}).df, 1);
}

TEST(CentreInterval, TakesTOnLogsForFewSamples) {
  // Logs 0, 1, 2: mean 1, se 1/sqrt(3), t(0.975, 2) = 4.3027.
  const Estimate e = CentreInterval({{1, std::exp(1.0), std::exp(2.0)}});
  EXPECT_NEAR(e.centre, std::exp(1.0), 1e-12);
  EXPECT_NEAR(std::log(e.hi), 1 + 4.302653 / std::sqrt(3.0), 1e-5);
  EXPECT_NEAR(std::log(e.lo), 1 - 4.302653 / std::sqrt(3.0), 1e-5);
}

// n = 20: ranks 6 and 15 (coverage 95.9 %; table of David and Nagaraja).
TEST(CentreInterval, TakesOrderStatisticsForManySamples) {
  std::vector<double> samples;
  for (int i = 1; i <= 20; ++i) samples.push_back(i);
  const Estimate e = CentreInterval({samples});
  EXPECT_EQ(e.centre, 10.5);
  EXPECT_EQ(e.lo, 6);
  EXPECT_EQ(e.hi, 15);
}

TEST(CentreInterval, EqualAndZeroSamplesAreNotNaN) {
  const Estimate equal = CentreInterval({{5, 5, 5}});
  EXPECT_EQ(equal.centre, 5);
  EXPECT_NEAR(equal.lo, 5, 1e-12);
  EXPECT_NEAR(equal.hi, 5, 1e-12);
  const Estimate zero = CentreInterval({{0, 0}});
  EXPECT_EQ(zero.lo, 0);
  EXPECT_EQ(zero.hi, 0);
  EXPECT_EQ(CentreInterval({{3}}).hi, 3);
}

}  // namespace
}  // namespace moebench
