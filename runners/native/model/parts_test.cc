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
    const RopeTable table(kPosition + 1, {.style = style, .dims = kDim, .base = kBase});
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
  const RopeTable table(1, {.dims = 4});
  std::vector<float> head{1, 2, 3, 4};
  table.Apply(0, head.data());
  EXPECT_EQ(head, (std::vector<float>{1, 2, 3, 4}));
}

TEST(RopeTable, TurnsOnlyTheFirstElements) {
  const RopeTable table(2, {.dims = 4});
  std::vector<float> head{1, 2, 3, 4, 5, 6};
  table.Apply(1, head.data());
  EXPECT_NEAR(head[0], std::cos(1.0) - 3 * std::sin(1.0), 1e-6);
  EXPECT_EQ(head[4], 5);
  EXPECT_EQ(head[5], 6);
}

TEST(RopeTable, LinearScalingDividesPositions) {
  const RopeTable plain(2, {.dims = 4}),
      scaled(9, {.dims = 4, .scaling = RopeScaling::kLinear, .factor = 8});
  std::vector<float> a{1, 2, 3, 4}, b = a;
  plain.Apply(1, a.data());
  scaled.Apply(8, b.data());
  EXPECT_EQ(a, b);
}

// Fast pairs turn as ever, slow ones a quarter; all are longer by the magnitude.
TEST(RopeTable, YarnStretchesSlowPairsOnly) {
  constexpr int kDim = 64;
  const RopeShape shape{.dims = kDim,
                        .base = 10000,
                        .scaling = RopeScaling::kYarn,
                        .factor = 4,
                        .original_context = 4096,
                        .magnitude = 1.5};
  const RopeTable table(4, shape);
  std::vector<float> head(kDim, 0.0f);
  head[0] = head[kDim / 2 - 1] = 1;
  table.Apply(3, head.data());
  EXPECT_NEAR(head[0], 1.5 * std::cos(3.0), 1e-6);
  const double slowest = std::pow(10000.0, -62.0 / 64);
  EXPECT_NEAR(head[kDim - 1], 1.5 * std::sin(3 * slowest / 4), 1e-7);
}

// What is left over by axes that take turns, or counted for the fourth, stands still in text.
TEST(RopeTable, PairsOfTheFourthAxisAreNotTurned) {
  constexpr int kPairs = 16;
  RopeShape shape{.dims = 2 * kPairs, .base = 2, .sections = {8, 4, 4, 0}};
  const auto still = [&] {
    const RopeTable table(2, shape);
    std::vector<float> head(2 * kPairs, 1.0f);
    table.Apply(1, head.data());
    std::vector<int> pairs;
    for (int i = 0; i < kPairs; ++i) {
      if (head[static_cast<std::size_t>(i)] == 1.0f) pairs.push_back(i);
    }
    return pairs;
  };
  EXPECT_EQ(still(), std::vector<int>());
  shape.sections_take_turns = true;
  EXPECT_EQ(still(), (std::vector<int>{13, 14}));
  shape.sections = {6, 5, 5, 0};
  EXPECT_EQ(still(), std::vector<int>());
  shape.sections_take_turns = false;
  shape.sections = {3, 2, 2, 1};
  EXPECT_EQ(still(), (std::vector<int>{7, 15}));
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
