#include "runners/native/kernels/routing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "harness/base/rng.h"

namespace moebench {
namespace {

struct Routed {
  std::vector<int> ids;
  std::vector<float> weights;
};

Routed Route(std::vector<float> logits, std::size_t k, const RoutingRule& rule = {}) {
  Routed routed{std::vector<int>(k), std::vector<float>(k)};
  std::vector<float> scratch(2 * logits.size());
  RouteTopK(KernelsFor(DetectIsa()), rule, logits, scratch, routed.ids, routed.weights);
  return routed;
}

float Sigmoid(double x) { return static_cast<float>(1 / (1 + std::exp(-x))); }

TEST(RouteTopK, TakesTheLargestInFallingOrder) {
  EXPECT_EQ(Route({0.f, 3.f, 1.f, 2.f}, 3).ids, (std::vector<int>{1, 3, 2}));
}

TEST(RouteTopK, EqualProbabilitiesGoToTheLowerId) {
  EXPECT_EQ(Route({1.f, 2.f, 2.f, 1.f}, 3).ids, (std::vector<int>{1, 2, 0}));
}

TEST(RouteTopK, WeightsAreTheSoftmaxOverTheChosen) {
  const Routed routed = Route({0.f, 1.f, 2.f, -4.f}, 2);
  EXPECT_NEAR(routed.weights[0], std::exp(2.0) / (std::exp(2.0) + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(routed.weights[0] + routed.weights[1], 1.0, 1e-6);
}

TEST(RouteTopK, AgreesWithASortForEveryK) {
  Rng rng(1);
  std::vector<float> logits(37);
  for (float& logit : logits) logit = static_cast<float>(rng.Normal());
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  for (std::size_t k = 1; k <= logits.size(); ++k) {
    const Routed routed = Route(logits, k);
    EXPECT_TRUE(std::equal(routed.ids.begin(), routed.ids.end(), order.begin())) << k;
    EXPECT_NEAR(std::accumulate(routed.weights.begin(), routed.weights.end(), 0.0), 1.0, 1e-5);
  }
}

TEST(RouteTopK, WithoutNormalisationWeightsAreTheProbabilities) {
  const Routed routed = Route({0.f, 1.f, 2.f, -4.f}, 2, {.normalise = false});
  const double sum = 1 + std::exp(1.0) + std::exp(2.0) + std::exp(-4.0);
  EXPECT_NEAR(routed.weights[0], std::exp(2.0) / sum, 1e-6);
  EXPECT_NEAR(routed.weights[1], std::exp(1.0) / sum, 1e-6);
}

TEST(RouteTopK, SelectionBiasChoosesButDoesNotWeigh) {
  const float bias[] = {5.f, 0.f, 0.f, 0.f};
  const Routed routed = Route({-1.f, 1.f, 2.f, 0.f}, 2,
                              {.gate = Gate::kSigmoid, .scale = 2.5f, .selection_bias = bias});
  EXPECT_EQ(routed.ids, (std::vector<int>{0, 2}));
  const float sum = Sigmoid(-1) + Sigmoid(2);
  EXPECT_NEAR(routed.weights[0], 2.5f * Sigmoid(-1) / sum, 1e-6);
  EXPECT_NEAR(routed.weights[1], 2.5f * Sigmoid(2) / sum, 1e-6);
}

TEST(RouteTopK, OnlyTheBestGroupsAreOpen) {
  // Sums of two: 3.9 | 4.1 | 5 with one strong expert | 0: groups 1 and 2 win.
  const std::vector<float> logits = {2.f, 1.9f, 2.1f, 2.f, 5.f, 0.f, 0.f, 0.f};
  const Routed routed =
      Route(logits, 4,
            {.gate = Gate::kSoftmaxOfChosen, .normalise = false, .n_groups = 4, .groups_used = 2});
  EXPECT_EQ(routed.ids, (std::vector<int>{4, 2, 3, 5}));
}

TEST(RouteTopK, SoftmaxOfTheChosenLeavesOutTheOthers) {
  const Routed routed =
      Route({0.f, 1.f, 2.f, -4.f}, 2, {.gate = Gate::kSoftmaxOfChosen, .normalise = false});
  EXPECT_NEAR(routed.weights[0], std::exp(2.0) / (std::exp(2.0) + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(routed.weights[0] + routed.weights[1], 1.0, 1e-6);
}

TEST(RouteTopK, TheSumIsNeverTakenAsZero) {
  const Routed routed = Route({-90.f, -90.f}, 1, {.gate = Gate::kSigmoid});
  EXPECT_LT(routed.weights[0], 1e-10f);
}

}  // namespace
}  // namespace moebench
