// Which cell is recommended, seen through the whole analysis.
#include "results/recommend.h"

#include <gmock/gmock.h>

#include "results/analysis.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::HasSubstr;

const CellRows kBase{.k = 8, .tps = 50, .baseline = true};

Recommendation RecommendationOf(const SweepRows& rows) {
  return Analyse(rows).models.at(0).recommendation;
}

TEST(Recommendation, IsTheFastestWhoseQualityHolds) {
  const SweepRows rows = SweepOf({kBase,
                                  {.k = 6, .tps = 57, .right = 0.9},
                                  {.k = 4, .tps = 65, .right = 0.89},
                                  {.k = 2, .tps = 90, .right = 0.4}});
  const Recommendation r = RecommendationOf(rows);
  EXPECT_EQ(r.cell_id, rows.cells[2].cell_id);
  EXPECT_NEAR(r.speedup, 1.3, 0.01);
  EXPECT_GT(r.speedup_lo, 1.2);
  EXPECT_LT(r.quality_change, 0);
  EXPECT_THAT(r.why, HasSubstr("decode +30 % ["));
  EXPECT_THAT(r.why, HasSubstr("over 9 trials in 3 sessions"));
  EXPECT_THAT(r.why, HasSubstr("on 150 items"));
}

// The A/A control is the yardstick: what the baseline can be from itself is no gain.
TEST(Recommendation, IsNotWhatTheBaselineCanBeFromItself) {
  const CellRows faster{.k = 4, .tps = 54, .right = 0.9};
  const SweepRows quiet = SweepOf({kBase, {.k = 8, .tps = 50.5, .control = 1}, faster});
  EXPECT_EQ(RecommendationOf(quiet).cell_id, quiet.cells[2].cell_id);
  const SweepRows loud = SweepOf({kBase, {.k = 8, .tps = 55, .control = 1}, faster});
  const Recommendation r = RecommendationOf(loud);
  EXPECT_EQ(r.cell_id, loud.cells[0].cell_id);
  EXPECT_THAT(r.why, HasSubstr("the baseline itself, measured again, may be 1"));
}

TEST(Recommendation, CommandLinesNameTheRightKeyAndQuoteThePath) {
  const Recommendation r = RecommendationOf(SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}}));
  EXPECT_EQ(
      r.deploy_native,
      "moebench generate -m '/models/made up.gguf' --experts 4 --placement interleave -t 2 -p "
      "'your prompt'");
  EXPECT_EQ(r.deploy_llamacpp,
            "llama-server -m '/models/made up.gguf' --override-kv "
            "qwen3moe.expert_used_count=int:4 -t 2 --numa distribute");
}

TEST(Recommendation, CommandLinesNameTheKvType) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  for (CellRecord& cell : rows.cells) cell.cell.kv = "q8_0";
  const Recommendation r = RecommendationOf(rows);
  EXPECT_THAT(r.deploy_native, HasSubstr(" --kv q8_0 -t 2"));
  EXPECT_THAT(r.deploy_llamacpp, HasSubstr(" -ctk q8_0 -ctv q8_0"));
}

TEST(Recommendation, NoKeyNoOverride) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  rows.models[0].facts_json = "{}";
  EXPECT_EQ(RecommendationOf(rows).deploy_llamacpp, "");
}

TEST(Recommendation, WithoutQualityNoLossyCellIsEverRecommended) {
  const SweepRows rows =
      SweepOf({{.k = 8, .tps = 50, .baseline = true, .items = 0}, {.k = 4, .tps = 65, .items = 0}});
  const Recommendation r = RecommendationOf(rows);
  EXPECT_EQ(r.cell_id, rows.cells[0].cell_id);
  EXPECT_EQ(r.speedup, 1);
  EXPECT_THAT(r.why, HasSubstr("quality was not measured"));
  EXPECT_EQ(Analyse(rows).inconclusive, 1);
}

TEST(Recommendation, WithoutQualityALosslessCellMayBe) {
  const SweepRows rows =
      SweepOf({{.k = 8, .tps = 50, .baseline = true, .items = 0},
               {.k = 8, .tps = 65, .items = 0, .placement = "local", .max_speedup = 1}});
  EXPECT_EQ(RecommendationOf(rows).cell_id, rows.cells[1].cell_id);
}

TEST(Recommendation, UncertainQualityIsNotEnough) {
  const SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true, .items = 25},
                                  {.k = 4, .tps = 65, .right = 0.86, .items = 25}});
  const Recommendation r = RecommendationOf(rows);
  EXPECT_EQ(r.cell_id, rows.cells[0].cell_id);
  EXPECT_THAT(r.why, HasSubstr("is not shown to hold"));
}

TEST(Recommendation, NothingFasterMeansTheBaseline) {
  const SweepRows rows = SweepOf({kBase, {.k = 10, .tps = 42}, {.k = 7, .tps = 50}});
  const Recommendation r = RecommendationOf(rows);
  EXPECT_EQ(r.cell_id, rows.cells[0].cell_id);
  EXPECT_THAT(r.why, HasSubstr("No other setting is faster"));
  EXPECT_THAT(r.deploy_native, HasSubstr("--experts 8"));
}

TEST(Recommendation, ControlsAndUnfinishedCellsAreNeverRecommended) {
  const SweepRows rows = SweepOf({kBase,
                                  {.k = 8, .tps = 60, .control = 1},
                                  {.k = 4, .tps = 65, .right = 0.9, .status = Status::kPlanned}});
  EXPECT_EQ(RecommendationOf(rows).cell_id, rows.cells[0].cell_id);
}

}  // namespace
}  // namespace moebench
