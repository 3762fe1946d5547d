#include "harness/stats/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {
namespace {

TEST(Perplexity, IsTheExponentialOfTheMeanLoss) {
  const std::vector<float> log_p{-1, -2, -3};
  const Perplexity p = PerplexityOf(log_p);
  EXPECT_NEAR(p.value, std::exp(2), 1e-12);
  // Variance 2/3, its mean's standard error sqrt(2/3 / 2).
  EXPECT_NEAR(p.se, std::exp(2) * std::sqrt(1.0 / 3), 1e-12);
  EXPECT_EQ(p.tokens, 3);
}

TEST(Perplexity, OfNothingIsNotMeasured) {
  EXPECT_EQ(PerplexityOf({}).tokens, 0);
  EXPECT_EQ(PerplexityOf({}).value, 0);
  const std::vector<float> one{-1};
  EXPECT_EQ(PerplexityOf(one).se, 0);
}

struct Arms {
  std::vector<float> base, other, kl;
  std::string same_top;
  Divergence Compared(int per_window) const {
    return DivergenceOf({base, other, kl, same_top}, per_window);
  }
};

// n tokens that cost `loss` more each, give or take, with a term that each window shares.
Arms SomeArms(int n, int per_window, double loss, double window_noise, uint64_t seed) {
  Arms arms;
  Rng rng(seed);
  double shared = 0;
  for (int i = 0; i < n; ++i) {
    if (i % per_window == 0) shared = window_noise * rng.Normal();
    const double before = -3 + rng.Normal();
    arms.base.push_back(static_cast<float>(before));
    arms.other.push_back(static_cast<float>(before - loss - shared - 0.1 * rng.Normal()));
    arms.kl.push_back(static_cast<float>(i % 100) / 100.0F);
    arms.same_top += i % 10 == 0 ? '0' : '1';
  }
  return arms;
}

TEST(Divergence, FiguresAreThoseOfThePairs) {
  const Divergence d = SomeArms(4000, 100, 0.05, 0, 3).Compared(100);
  EXPECT_EQ(d.tokens, 4000);
  EXPECT_EQ(d.windows, 40);
  EXPECT_NEAR(d.ratio, std::exp(0.05), 0.006);
  EXPECT_NEAR(d.ratio_se, d.ratio * 0.1 / std::sqrt(4000), 2e-4);
  EXPECT_LT(d.ratio_lo, d.ratio);
  EXPECT_NEAR(d.ratio_hi / d.ratio, d.ratio / d.ratio_lo, 1e-9);
  EXPECT_NEAR(d.kl_mean, 0.495, 1e-6);
  EXPECT_NEAR(d.kl_p99, 0.98, 0.011);
  EXPECT_NEAR(d.same_top, 0.9, 1e-12);
  EXPECT_NEAR(d.same_top_se, std::sqrt(0.09 / 3999), 1e-12);
}

TEST(Divergence, WindowsThatDifferWidenTheInterval) {
  const Divergence even = SomeArms(4000, 100, 0.05, 0, 5).Compared(100);
  const Divergence uneven = SomeArms(4000, 100, 0.05, 0.05, 5).Compared(100);
  EXPECT_LT(even.ratio_hi - even.ratio_lo, 0.01);
  EXPECT_GT(uneven.ratio_hi - uneven.ratio_lo, 0.02);
  EXPECT_LT(uneven.ratio_se, 0.003);  // llama.cpp's does not see it
}

TEST(Divergence, TheIntervalHoldsWhatItPromises) {
  int held = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Divergence d = SomeArms(1000, 50, 0.05, 0.05, seed).Compared(50);
    held += d.ratio_lo <= std::exp(0.05) && std::exp(0.05) <= d.ratio_hi ? 1 : 0;
  }
  // 95 % of 200 is 190; four standard deviations of the count are 12.
  EXPECT_GE(held, 178);
}

TEST(Divergence, OfTheSameAnswersIsNone) {
  Arms arms = SomeArms(200, 50, 0, 0, 1);
  arms.other = arms.base;
  arms.same_top.assign(200, '1');
  arms.kl.assign(200, 0);
  const Divergence d = arms.Compared(50);
  EXPECT_EQ(d.ratio, 1);
  EXPECT_EQ(d.ratio_lo, 1);
  EXPECT_EQ(d.ratio_hi, 1);
  EXPECT_EQ(d.kl_mean, 0);
  EXPECT_EQ(d.same_top, 1);
}

TEST(DivergenceVerdict, FollowsTheIntervalNotTheEstimate) {
  const auto kind = [](double lo, double hi) {
    return DivergenceVerdict({.tokens = 9, .ratio = (lo + hi) / 2, .ratio_lo = lo, .ratio_hi = hi})
        .kind;
  };
  EXPECT_EQ(kind(1.0, 1.0), VerdictKind::kOk);
  EXPECT_EQ(kind(0.9, 1.02), VerdictKind::kOk);
  EXPECT_EQ(kind(1.0, 1.03), VerdictKind::kInconclusive);
  EXPECT_EQ(kind(1.09, 1.3), VerdictKind::kInconclusive);
  EXPECT_EQ(kind(1.11, 1.3), VerdictKind::kFlagged);
  EXPECT_EQ(DivergenceVerdict({}).kind, VerdictKind::kInconclusive);
  const Verdict v = DivergenceVerdict({.tokens = 9,
                                       .ratio = 1.2,
                                       .ratio_lo = 1.1,
                                       .ratio_hi = 1.3,
                                       .kl_mean = 0.08,
                                       .kl_p99 = 1.25,
                                       .same_top = 0.87});
  EXPECT_EQ(v.reasons.front(),
            "perplexity +20 % [+10, +30], KL 0.080 nat, 99th percentile 1.250, same favourite "
            "token 87 %");
}

TEST(Divergence, OfNothingIsNotMeasured) { EXPECT_EQ(Arms().Compared(10).tokens, 0); }

}  // namespace
}  // namespace moebench
