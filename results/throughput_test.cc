// One text and many: two questions, two answers, seen through the whole analysis.
#include "results/throughput.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "results/analysis.h"
#include "results/compare.h"
#include "results/show.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const CellRows kBase{.k = 8, .tps = 50, .baseline = true};
const CellRows kFour{.k = 8, .tps = 120, .placement = "replicate", .instances = 4};

const CellView& ViewOf(const SweepView& view, const SweepRows& rows, size_t i) {
  for (const CellView& cell : view.models.at(0).cells) {
    if (cell.record.cell_id == rows.cells.at(i).cell_id) return cell;
  }
  throw Error{"no such cell", "test"};
}

TEST(Throughput, ManyTextsAreAnotherQuestionThanOne) {
  const SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}, kFour});
  const ModelView model = Analyse(rows).models[0];
  EXPECT_EQ(model.recommendation.cell_id, rows.cells[1].cell_id) << "one text at 65, not 30";
  EXPECT_THAT(model.recommendation.why, Not(HasSubstr("at once")));
  const Throughput& many = model.throughput;
  EXPECT_EQ(many.choice.cell_id, rows.cells[2].cell_id);
  EXPECT_EQ(many.texts, 4);
  EXPECT_NEAR(many.choice.speedup, 2.4, 0.02);
  EXPECT_THAT(many.choice.why, HasSubstr("writes the most tokens/s with 4 texts at once"));
  EXPECT_THAT(many.choice.why, testing::ContainsRegex("Each text: (29.9|30.0).* tokens/s, x0.60"));
  EXPECT_THAT(many.choice.why, HasSubstr("fairness 1.00"));
  EXPECT_THAT(many.choice.deploy_native, HasSubstr("taskset -c 0 moebench generate"));
  EXPECT_THAT(many.choice.deploy_native, HasSubstr(" & taskset -c 3 moebench generate"));
  EXPECT_THAT(many.choice.deploy_llamacpp,
              HasSubstr("numactl --physcpubind=1 --membind=1 llama-server"));
  EXPECT_EQ(many.choice.deploy_llama_cli, "");
}

TEST(Throughput, IsNotSpokenOfWhereNothingRunsAtOnce) {
  const SweepView view = Analyse(SweepOf({kBase, {.k = 4, .tps = 65}}));
  EXPECT_THAT(view.models[0].throughput.choice.why, IsEmpty());
  EXPECT_TRUE(ShowJson(view)["models"][0]["throughput"].is_null());
  EXPECT_THAT(ShowTable(view, Colour::kNo, 100), Not(HasSubstr("many texts")));
}

TEST(Throughput, VerdictsSayOfWhatTheyAre) {
  const SweepRows rows =
      SweepOf({kBase, kFour, {.k = 8, .tps = 40, .placement = "local", .instances = 2}});
  const SweepView view = Analyse(rows);
  const CellView& four = ViewOf(view, rows, 1);
  EXPECT_EQ(four.verdict, "improved");
  EXPECT_THAT(four.reasons, Contains(StartsWith("4 texts at once: decode +140 % [")));
  EXPECT_THAT(four.reasons, Contains(testing::ContainsRegex("each text x0.60 of the baseline")));
  const CellView& two = ViewOf(view, rows, 2);
  EXPECT_EQ(two.verdict, "flagged") << "even together they write less than one alone";
  EXPECT_THAT(two.reasons, Contains(StartsWith("2 texts at once: decode -20 % [")));
}

// Four instances gain; that four experts do too is another claim.
TEST(Throughput, FewerExpertsAreHeldAgainstAsManyInstances) {
  const CellRows fewer{.k = 4, .tps = 150, .placement = "replicate", .instances = 4};
  const SweepRows rows = SweepOf({kBase, kFour, fewer});
  const SweepView view = Analyse(rows);
  const CellView& cell = ViewOf(view, rows, 2);
  EXPECT_NEAR(cell.speed_ratio.median, 3, 0.02);
  EXPECT_NEAR(cell.over_own_k0.median, 1.25, 0.01);
  EXPECT_THAT(cell.reasons, Contains(StartsWith("beside k=8 plain with as many at once +25 % [")));
  EXPECT_EQ(ViewOf(view, rows, 1).over_own_k0.n, 0) << "it is that itself";
  EXPECT_EQ(view.models[0].throughput.choice.cell_id, rows.cells[2].cell_id);
}

TEST(Throughput, FewerExpertsThatGainNothingBesideTheInstancesAreNotChosen) {
  CellRows fewer = kFour;
  fewer.k = 4;
  fewer.tps = 119.9;
  const SweepRows rows = SweepOf({kBase, kFour, fewer});
  EXPECT_EQ(Analyse(rows).models[0].throughput.choice.cell_id, rows.cells[1].cell_id);
}

// S_max is a bound on the experts' part, whatever as many instances gain.
TEST(Throughput, BytesAreHeldAgainstAsManyInstances) {
  CellRows fewer{.k = 4, .tps = 150, .placement = "replicate", .max_speedup = 1.3, .instances = 4};
  SweepRows rows = SweepOf({kBase, kFour, fewer});
  EXPECT_EQ(Analyse(rows).invalid, 0) << "x3 of the baseline, x1.25 of its like";
  fewer.tps = 190;
  rows = SweepOf({kBase, kFour, fewer});
  EXPECT_THAT(ViewOf(Analyse(rows), rows, 2).status,
              StartsWith("invalid(suspect: faster than the bytes allow, x1.58"));
}

TEST(Throughput, WhatWritesNoMoreThanOneAloneIsNotNamed) {
  const SweepRows less = SweepOf({kBase, {.k = 8, .tps = 49, .placement = "x", .instances = 2}});
  const Throughput none = Analyse(less).models[0].throughput;
  EXPECT_EQ(none.choice.cell_id, "");
  EXPECT_THAT(none.choice.why, HasSubstr("No setting of several instances is shown to write more"));
  const SweepRows slower =
      SweepOf({kBase, {.k = 4, .tps = 80}, {.k = 8, .tps = 70, .placement = "x", .instances = 2}});
  const Throughput behind = Analyse(slower).models[0].throughput;
  EXPECT_EQ(behind.choice.cell_id, "");
  EXPECT_THAT(behind.choice.why, HasSubstr("k=4 plain interleave t=2 writes more with one text"));
}

TEST(Throughput, SpoiltQualityIsNotChosen) {
  const SweepRows rows =
      SweepOf({kBase, {.k = 2, .tps = 90, .right = 0.4, .placement = "replicate", .instances = 4}});
  const Throughput many = Analyse(rows).models[0].throughput;
  EXPECT_EQ(many.choice.cell_id, "");
  EXPECT_THAT(many.choice.why, HasSubstr("is not shown to hold"));
}

TEST(Throughput, ABaselineOfSeveralSaysNothingOfOneText) {
  const SweepRows rows = SweepOf({{.k = 8, .tps = 100, .baseline = true, .instances = 2},
                                  {.k = 4, .tps = 130, .instances = 2}});
  const ModelView model = Analyse(rows).models[0];
  EXPECT_EQ(model.recommendation.cell_id, "");
  EXPECT_THAT(model.recommendation.why, HasSubstr("The baseline writes 2 texts at once"));
  EXPECT_EQ(model.throughput.choice.cell_id, rows.cells[1].cell_id);
}

TEST(Throughput, TwoNightsAreComparedByTheSumToo) {
  const SweepRows rows = SweepOf({kBase, kFour});
  const Comparison nights =
      CompareSweeps(rows, rows, [](const std::string&) { return CellNoise{}; });
  ASSERT_THAT(nights.cells, testing::SizeIs(2));
  EXPECT_THAT(nights.cells[0].why, Contains(StartsWith("decode ")));
  EXPECT_THAT(nights.cells[1].why, Contains(StartsWith("4 texts at once: decode ")));
}

TEST(Throughput, JsonAndTerminalHaveBothAnswers) {
  const SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}, kFour});
  const SweepView view = Analyse(rows);
  const nlohmann::json json = ShowJson(view)["models"][0];
  EXPECT_EQ(json["recommendation"]["cell_id"], rows.cells[1].cell_id);
  const nlohmann::json& many = json["throughput"];
  EXPECT_EQ(many["cell_id"], rows.cells[2].cell_id);
  EXPECT_EQ(many["texts"], 4);
  EXPECT_NEAR(many["each_text"]["decode_tps_least"].get<double>(), 30, 0.2);
  EXPECT_NEAR(many["each_text"]["ratio_most"].get<double>(), 0.6, 0.01);
  const std::string table = ShowTable(view, Colour::kNo, 120);
  EXPECT_LT(table.find("recommended"), table.find("many texts   k=8 plain replicate 4 x t=2"));
  EXPECT_THAT(table, HasSubstr("2.40 by 4"));
}

}  // namespace
}  // namespace moebench
