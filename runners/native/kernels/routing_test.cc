#include "runners/native/kernels/routing.h"

#include <gtest/gtest.h>

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

Routed Route(std::vector<float> logits, std::size_t k) {
  Routed routed{std::vector<int>(k), std::vector<float>(k)};
  RouteTopK(KernelsFor(DetectIsa()), logits, routed.ids, routed.weights);
  return routed;
}

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

}  // namespace
}  // namespace moebench
