#include "harness/sweep/estimate.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

// One model, one group: the baseline between two cells.
SweepPlan SmallPlan() {
  SweepPlan plan;
  plan.spec.sessions = 2;
  plan.spec.trials = 3;
  plan.spec.max_tokens = 100;
  plan.suite.speed = {{"s", ""}};
  PlannedModel model;
  for (const char* id : {"base", "a", "b"}) {
    CellRecord cell;
    cell.cell_id = id;
    cell.bytes_per_token_predicted = 1e9;
    model.cells.push_back(cell);
  }
  plan.models = {model};
  plan.groups = {{.model = 0, .cells = {1, 2}, .anchor = 0}};
  return plan;
}

TEST(Estimate, ComesFromHistoryOnlyIfEveryCellIsKnown) {
  const SweepPlan plan = SmallPlan();
  EXPECT_TRUE(EstimateSweep(plan, {{"base", 10}, {"a", 10}, {"b", 10}}, 30).from_history);
  EXPECT_FALSE(EstimateSweep(plan, {{"base", 10}, {"a", 10}}, 30).from_history);
}

TEST(Estimate, CountsEveryTrialAndTheAnchors) {
  // 6 rounds of 2 cells and 2 anchors, 100 tokens each at 10 tokens/s, and two process starts.
  const TimeEstimate estimate =
      EstimateSweep(SmallPlan(), {{"base", 10}, {"a", 10}, {"b", 10}}, 30);
  EXPECT_GE(estimate.seconds, 6 * 4 * 10.0);
  EXPECT_LE(estimate.seconds, 6 * 4 * 10.0 + 5);
}

TEST(Estimate, WithoutHistoryItFollowsTheBandwidth) {
  const double slow = EstimateSweep(SmallPlan(), {}, 10).seconds;
  const double fast = EstimateSweep(SmallPlan(), {}, 20).seconds;
  EXPECT_GT(slow, 1.8 * fast);
  EXPECT_LT(slow, 2.2 * fast);
}

TEST(Estimate, DurationsReadLikeSpeech) {
  EXPECT_EQ(FormatDuration(7.2), "7 s");
  EXPECT_EQ(FormatDuration(600), "10 min");
  EXPECT_EQ(FormatDuration(12000), "3 h 20 min");
}

}  // namespace
}  // namespace moebench
