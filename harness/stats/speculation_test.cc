#include "harness/stats/speculation.h"

#include <gmock/gmock.h>

#include <cmath>

namespace moebench {
namespace {

TEST(Speculation, ExpectedExpertsAreThoseOfTheTable) {  // moe-techniques.md 2.14
  EXPECT_NEAR(ExpectedExperts(128, 8, 1), 8, 0.05);
  EXPECT_NEAR(ExpectedExperts(128, 8, 4), 29.1, 0.05);
  EXPECT_NEAR(ExpectedExperts(128, 8, 8), 51.6, 0.05);
  EXPECT_NEAR(ExpectedExperts(512, 10, 4), 38.8, 0.05);
  EXPECT_DOUBLE_EQ(ExpectedExperts(8, 8, 3), 8);
  EXPECT_DOUBLE_EQ(ExpectedExperts(0, 0, 3), 0);
}

TEST(Speculation, TokensOfAPassFollowTheGeometricSeries) {
  EXPECT_DOUBLE_EQ(ExpectedTokens(0.5, 0), 1);
  EXPECT_DOUBLE_EQ(ExpectedTokens(0.5, 3), 1 + 0.5 + 0.25 + 0.125);
  EXPECT_NEAR(ExpectedTokens(0.8, 4), (1 - std::pow(0.8, 5)) / (1 - 0.8), 1e-12);
  EXPECT_DOUBLE_EQ(ExpectedTokens(1, 7), 8);
  EXPECT_DOUBLE_EQ(ExpectedTokens(0, 7), 1);
}

TEST(Speculation, AcceptanceIsFoundBackFromWhatItWouldGive) {
  for (const double a : {0.1, 0.5, 0.83, 0.99}) {
    const std::vector<int64_t> drafted_at = {1000000, 700000, 700000, 20000};
    double accepted = 0;
    for (size_t i = 0; i < drafted_at.size(); ++i) {
      accepted += static_cast<double>(drafted_at[i]) * std::pow(a, static_cast<double>(i) + 1);
    }
    EXPECT_NEAR(AcceptanceOf(drafted_at, std::llround(accepted)), a, 1e-5);
  }
}

TEST(Speculation, AcceptanceOfAllNoneAndNothing) {
  EXPECT_DOUBLE_EQ(AcceptanceOf(std::vector<int64_t>{10, 10}, 20), 1);
  EXPECT_DOUBLE_EQ(AcceptanceOf(std::vector<int64_t>{10, 10}, 0), 0);
  EXPECT_DOUBLE_EQ(AcceptanceOf({}, 0), 0);
}

TEST(Speculation, TheBestLengthWeighsTokensAgainstTheCostOfThePass) {
  // Passes of 1, 2, 3, 4, 5 tokens. a = 0.8: tokens 1.8, 2.44, 2.952, 3.3616.
  const SpeculationCosts costs{.acceptance = 0.8, .pass_cost = {1, 1.2, 1.5, 2.2, 3.4}};
  EXPECT_NEAR(PredictedSpeedup(costs, 1), 1.8 / 1.2, 1e-12);
  EXPECT_NEAR(PredictedSpeedup(costs, 2), 2.44 / 1.5, 1e-12);
  EXPECT_EQ(BestDraftLength(costs).guesses, 2);
  EXPECT_NEAR(BestDraftLength(costs).speedup, 2.44 / 1.5, 1e-12);
}

TEST(Speculation, ADraftModelThatCostsTooMuchShortensTheGuessOrForbidsIt) {
  SpeculationCosts costs{.acceptance = 0.8, .draft_cost = 0.3, .pass_cost = {1, 1.2, 1.5, 2.2}};
  EXPECT_EQ(BestDraftLength(costs).guesses, 1);
  costs.draft_cost = 1;
  EXPECT_EQ(BestDraftLength(costs).guesses, 0);
  EXPECT_DOUBLE_EQ(BestDraftLength(costs).speedup, 1);
}

TEST(Speculation, PassesWithoutAGuessCostAndGiveOneToken) {
  const SpeculationCosts costs{.acceptance = 1, .hit_rate = 0.25, .pass_cost = {1, 1.5, 2}};
  EXPECT_NEAR(PredictedSpeedup(costs, 2), (1 + 0.25 * 2) / (1 + 0.25 * 1), 1e-12);
}

TEST(Speculation, CostsComeFromCountersAndPassTimes) {
  const GuessCounts counts{.passes = 200, .accepted = 75, .drafted_at = {100, 100}, .guess_ms = 40};
  const SpeculationCosts costs = CostsOf(counts, std::vector<double>{2, 3, 4});
  EXPECT_THAT(costs.pass_cost, testing::ElementsAre(1, 1.5, 2));
  EXPECT_NEAR(costs.acceptance, 0.5, 1e-9);  // 100 a + 100 a^2 = 75
  EXPECT_DOUBLE_EQ(costs.hit_rate, 0.5);
  EXPECT_DOUBLE_EQ(costs.draft_cost, 0.1);
  EXPECT_TRUE(CostsOf(counts, {}).pass_cost.empty());
  EXPECT_EQ(BestDraftLength(CostsOf(counts, {})).guesses, 0);
}

TEST(Speculation, UtilityNeedsAnIntervalThatExcludesOne) {
  EXPECT_EQ(UtilityOf({.ratio = 1.3, .lo = 1.1, .hi = 1.5, .n = 6}), Utility::kGains);
  EXPECT_EQ(UtilityOf({.ratio = 0.8, .lo = 0.7, .hi = 0.9, .n = 6}), Utility::kLoses);
  EXPECT_EQ(UtilityOf({.ratio = 1.3, .lo = 0.9, .hi = 1.8, .n = 6}), Utility::kCantTell);
  EXPECT_EQ(UtilityOf({.ratio = 1.3, .lo = 1.3, .hi = 1.3, .n = 1}), Utility::kCantTell);
  EXPECT_EQ(UtilityOf({}), Utility::kUnknown);
  EXPECT_EQ(UtilityWord(Utility::kCantTell), "can't tell");
}

}  // namespace
}  // namespace moebench
