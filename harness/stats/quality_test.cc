#include "harness/stats/quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {
namespace {

TEST(McNemar, IsTheExactBinomialTest) {
  EXPECT_EQ(McNemarP(0, 0), 1);
  EXPECT_NEAR(McNemarP(5, 0), 2.0 / 32, 1e-12);
  EXPECT_NEAR(McNemarP(0, 6), 2.0 / 64, 1e-12);
  EXPECT_NEAR(McNemarP(8, 2), 2.0 * (1 + 10 + 45) / 1024, 1e-12);
  EXPECT_EQ(McNemarP(4, 4), 1);
}

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score interval).
TEST(Wilson, MatchesNewcombesTable) {
  const struct {
    int right, n;
    double lo, hi;
  } rows[] = {{81, 263, 0.2553, 0.3662},
              {15, 148, 0.0624, 0.1605},
              {0, 20, 0.0000, 0.1611},
              {1, 29, 0.0061, 0.1718}};
  for (const auto& row : rows) {
    const Estimate e = WilsonInterval(row.right, row.n);
    EXPECT_NEAR(e.lo, row.lo, 5e-5) << row.right << '/' << row.n;
    EXPECT_NEAR(e.hi, row.hi, 5e-5) << row.right << '/' << row.n;
  }
  EXPECT_EQ(WilsonInterval(20, 20).hi, 1);
  EXPECT_EQ(WilsonInterval(0, 0).hi, 1);
}

TEST(PairedChange, SameSeedSameAnswer) {
  std::vector<double> base, cell;
  Rng rng(1);
  for (int i = 0; i < 60; ++i) {
    base.push_back(rng.Uniform() < 0.9 ? 1 : 0);
    cell.push_back(rng.Uniform() < 0.7 ? 1 : 0);
  }
  const QualityChange a = PairedChange(base, cell, 7);
  const QualityChange b = PairedChange(base, cell, 7);
  EXPECT_EQ(a.lo, b.lo);
  EXPECT_EQ(a.hi, b.hi);
  EXPECT_LT(a.lo, a.relative);
  EXPECT_GT(a.hi, a.relative);
}

// With a baseline of all ones the change is a plain mean; BCa must then agree with the exact
// binomial interval to about a percent at n = 200 and 20 % losses: [-0.262, -0.147] (Clopper).
TEST(PairedChange, AgreesWithTheBinomialIntervalWhereThatIsExact) {
  const std::vector<double> base(200, 1.0);
  std::vector<double> cell(200, 1.0);
  for (size_t i = 0; i < 40; ++i) cell[5 * i] = 0;
  const QualityChange change = PairedChange(base, cell, 3);
  EXPECT_NEAR(change.relative, -0.2, 1e-12);
  EXPECT_NEAR(change.lo, -0.262, 0.012);
  EXPECT_NEAR(change.hi, -0.147, 0.012);
}

TEST(PairedChange, CoversTheTruthNearlyAsOftenAsItSays) {
  // 120 nights of 60 items; truth: baseline 0.9, cell 0.75 independent, change -1/6. Binomial SD of
  // a 95 % coverage over 120 nights is 2 %; three of them, and 1 % for the bootstrap's narrowness.
  Rng rng(20261122);
  int covered = 0;
  constexpr int kNights = 120;
  for (int night = 0; night < kNights; ++night) {
    std::vector<double> base, cell;
    for (int i = 0; i < 60; ++i) {
      base.push_back(rng.Uniform() < 0.9 ? 1 : 0);
      cell.push_back(rng.Uniform() < 0.75 ? 1 : 0);
    }
    const QualityChange change = PairedChange(base, cell, 1);
    covered += change.lo <= -1.0 / 6 && -1.0 / 6 <= change.hi ? 1 : 0;
  }
  EXPECT_GE(covered, kNights * 0.88);
}

TEST(PairedChange, ItemsWithoutOneDifferenceStillLeaveRoom) {
  const std::vector<double> few(10, 1.0);
  const QualityChange ten = PairedChange(few, few, 1);
  EXPECT_EQ(ten.relative, 0);
  EXPECT_NEAR(ten.lo, -(1 - std::pow(0.025, 0.1)), 1e-12);  // Clopper-Pearson for 0 of 10: 30.8 %
  const std::vector<double> many(150, 1.0);
  const QualityChange all = PairedChange(many, many, 1);
  EXPECT_NEAR(all.lo, -0.0243, 1e-4);
  EXPECT_NEAR(all.hi, 0.0243, 1e-4);
}

TEST(PairedChange, DegenerateInputHasADefinedAnswer) {
  EXPECT_FALSE(PairedChange({}, {}, 1).defined);
  const std::vector<double> zero(30, 0.0);
  const std::vector<double> one(30, 1.0);
  const QualityChange nothing = PairedChange(zero, one, 1);
  EXPECT_FALSE(nothing.defined);
  EXPECT_EQ(nothing.relative, 0);
  const QualityChange lost = PairedChange(one, zero, 1);
  EXPECT_EQ(lost.relative, -1);
  EXPECT_EQ(lost.lo, -1);
  EXPECT_TRUE(std::isfinite(lost.hi));
  std::vector<double> rare = zero;
  rare[3] = 1;  // many resamples hold no right answer of the baseline
  const QualityChange odd = PairedChange(rare, one, 1);
  EXPECT_TRUE(std::isfinite(odd.lo) && std::isfinite(odd.hi));
  const QualityChange single = PairedChange(std::vector<double>{1}, std::vector<double>{1}, 1);
  EXPECT_EQ(single.n, 1);
  EXPECT_TRUE(std::isfinite(single.lo));
}

// 200 items, a loss of 10 % of the baseline's points: the error of the difference of shares is
// sqrt(0.1 0.9 / 200) = 2.1 %, so 2.8 of them, 5.9 %, are seen with 80 % power.
TEST(PairedChange, SaysTheSmallestLossItCouldHaveSeen) {
  std::vector<double> base(200, 1), cell(200, 1);
  for (size_t i = 0; i < 20; ++i) cell[10 * i] = 0;
  EXPECT_NEAR(PairedChange(base, cell, 1).min_detectable, 0.059, 0.006);
  EXPECT_EQ(PairedChange(std::vector<double>{1}, std::vector<double>{1}, 1).min_detectable, 1);
}

}  // namespace
}  // namespace moebench
