// The small parts of the forward pass: rotary positions, grouping by expert.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "runners/native/model/expert_groups.h"
#include "runners/native/model/rope.h"

namespace moebench {
namespace {

TEST(RopeTable, TurnsHalvesOrNeighboursByTheAngleOfTheirPair) {
  constexpr int kDim = 8, kPosition = 5;
  constexpr double kBase = 1000;
  for (const RopeStyle style : {RopeStyle::kNeox, RopeStyle::kInterleaved}) {
    const RopeTable table(kPosition + 1, kDim, kBase, style);
    std::vector<float> head{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<float> before = head;
    table.Apply(kPosition, head.data());
    for (std::size_t i = 0; i < kDim / 2; ++i) {
      const std::size_t a = style == RopeStyle::kNeox ? i : 2 * i;
      const std::size_t b = style == RopeStyle::kNeox ? i + kDim / 2 : 2 * i + 1;
      const double angle = kPosition * std::pow(kBase, -2.0 * static_cast<double>(i) / kDim);
      EXPECT_NEAR(head[a], before[a] * std::cos(angle) - before[b] * std::sin(angle), 1e-5);
      EXPECT_NEAR(head[b], before[a] * std::sin(angle) + before[b] * std::cos(angle), 1e-5);
    }
  }
}

TEST(RopeTable, PositionZeroIsNotTurned) {
  const RopeTable table(1, 4, 10000, RopeStyle::kNeox);
  std::vector<float> head{1, 2, 3, 4};
  table.Apply(0, head.data());
  EXPECT_EQ(head, (std::vector<float>{1, 2, 3, 4}));
}

TEST(GroupByExpert, KeepsEveryPairOnceInTheOrderOfExpertsThenTokens) {
  const std::vector<int> ids{2, 0, 3, 2, 0, 3};  // three tokens, two experts each
  const std::vector<float> weights{.1f, .2f, .3f, .4f, .5f, .6f};
  std::vector<int> begin(5), token(6);
  std::vector<float> weight(6);
  ExpertGroups groups{begin, token, weight};
  GroupByExpert(ids, weights, 3, 2, groups);
  EXPECT_EQ(begin, (std::vector<int>{0, 2, 2, 4, 6}));
  EXPECT_EQ(token, (std::vector<int>{0, 2, 0, 1, 1, 2}));
  EXPECT_EQ(weight, (std::vector<float>{.2f, .5f, .1f, .4f, .3f, .6f}));
}

}  // namespace
}  // namespace moebench
