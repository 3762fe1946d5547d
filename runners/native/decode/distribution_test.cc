#include "runners/native/decode/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace moebench {
namespace {

// logits whose softmax is p, shifted by a constant that must not matter
std::vector<float> LogitsOf(const std::vector<double>& p, double shift) {
  std::vector<float> logits;
  for (const double x : p) logits.push_back(static_cast<float>(std::log(x) + shift));
  return logits;
}

TEST(Distribution, LogPIsTheLogarithmOfTheSoftmax) {
  const std::vector<double> p{0.5, 0.25, 0.2, 0.05};
  const std::vector<float> logits = LogitsOf(p, 11);
  const Distribution d = ReadLogits(logits);
  // A float of size 11 has steps of 1e-6.
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(LogP(d, i), std::log(p[static_cast<std::size_t>(i)]), 2e-6);
  }
  EXPECT_EQ(d.top, 0);
}

TEST(Distribution, OfEqualTokensTheFirstIsOnTop) {
  const std::vector<float> logits{1, 7, 7, 2};
  EXPECT_EQ(ReadLogits(logits).top, 1);
}

TEST(Distribution, LargeLogitsDoNotOverflow) {
  const std::vector<float> logits{3000, 2999, -3000};
  const Distribution d = ReadLogits(logits);
  EXPECT_NEAR(LogP(d, 0), -std::log(1 + std::exp(-1)), 1e-6);
  EXPECT_NEAR(LogP(d, 2), -6000 - std::log(1 + std::exp(-1)), 1e-2);
}

TEST(KlDivergence, IsTheSumOverTheBase) {
  const std::vector<double> p{0.7, 0.2, 0.1}, q{0.5, 0.25, 0.25};
  double wanted = 0;
  for (std::size_t i = 0; i < p.size(); ++i) wanted += p[i] * std::log(p[i] / q[i]);
  const std::vector<float> base = LogitsOf(p, 3), other = LogitsOf(q, -5);
  EXPECT_NEAR(KlDivergence(ReadLogits(base), ReadLogits(other)), wanted, 2e-6);
  EXPECT_NEAR(KlDivergence(ReadLogits(base), ReadLogits(base)), 0, 1e-7);
}

TEST(KlDivergence, LeavesOutWhatTheBaseHoldsForImpossible) {
  // ln p of the last is -17.5: its term alone would be 2.5e-8 x 900.
  const std::vector<float> base{0, -17.5F}, other{0, -900};
  EXPECT_NEAR(KlDivergence(ReadLogits(base), ReadLogits(other)), 0, 1e-7);
}

}  // namespace
}  // namespace moebench
