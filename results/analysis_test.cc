#include "results/analysis.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "harness/base/error.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const CellRows kBase{.k = 8, .tps = 50, .baseline = true};

// The view of the i-th cell of the made-up sweep, wherever sorting put it.
const CellView& ViewOf(const SweepView& view, const SweepRows& rows, size_t i) {
  for (const CellView& cell : view.models.at(0).cells) {
    if (cell.record.cell_id == rows.cells.at(i).cell_id) return cell;
  }
  throw Error{"no such cell", "test"};
}

TEST(Analysis, FiguresComeFromTheTrials) {
  const SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.88}});
  const SweepView view = Analyse(rows);
  const CellView& cell = ViewOf(view, rows, 1);
  EXPECT_NEAR(cell.decode_tps.median, 65, 0.5);
  EXPECT_LT(cell.decode_tps.lo, cell.decode_tps.median);
  EXPECT_EQ(cell.decode_tps.n, 9);
  EXPECT_EQ(cell.sessions, 3);
  EXPECT_NEAR(cell.prefill_tps.median, 260, 2);
  EXPECT_NEAR(cell.inter_token_p50_ms, 1e3 / 65, 0.1);
  EXPECT_GT(cell.inter_token_p99_ms, cell.inter_token_p50_ms);  // 9 x 31 samples
  EXPECT_NEAR(cell.speed_ratio.median, 1.3, 0.01);
  EXPECT_EQ(cell.bytes_per_token, 4e6);
  EXPECT_NEAR(cell.bandwidth_gbps, 4e6 * 65 * 1e-9, 0.01);
  EXPECT_EQ(cell.bound, "memory");  // 6.4 GB of weights, 32 MiB of cache
  EXPECT_NEAR(cell.bandwidth_fraction, 0.026, 0.001);
  EXPECT_EQ(cell.quality.n, 150);
  EXPECT_EQ(cell.quality.right + cell.quality.wrong, 150);
  EXPECT_LT(cell.quality.relative, 0);
  ASSERT_EQ(cell.categories.size(), 2u);
  EXPECT_EQ(cell.categories[0].n, 75);
  EXPECT_FALSE(cell.samples.empty());
  EXPECT_EQ(cell.samples[0].baseline_answer, "right");
  EXPECT_EQ(view.sessions.size(), 3u);
}

TEST(Analysis, NoP99FromFewerThanAHundredSamples) {
  const SweepRows rows = SweepOf({kBase}, {.sessions = 1, .rounds = 2});  // 3 trials x 31
  EXPECT_EQ(Analyse(rows).models[0].cells[0].inter_token_p99_ms, 0);
}

TEST(Analysis, EveryVerdict) {
  const SweepRows rows = SweepOf({kBase,
                                  {.k = 7, .tps = 51, .right = 0.9},
                                  {.k = 6, .tps = 60, .right = 0.9},
                                  {.k = 10, .tps = 42, .right = 0.9},
                                  {.k = 2, .tps = 90, .right = 0.5},
                                  {.k = 3, .tps = 80, .right = 0.8, .items = 30}});
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 0).verdict, "ok");
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "ok");
  EXPECT_EQ(ViewOf(view, rows, 2).verdict, "improved");
  EXPECT_EQ(ViewOf(view, rows, 3).verdict, "flagged");
  EXPECT_THAT(ViewOf(view, rows, 3).reasons, Contains(StartsWith("decode -16 % [")));
  EXPECT_EQ(ViewOf(view, rows, 4).verdict, "flagged");
  EXPECT_THAT(ViewOf(view, rows, 4).reasons[0], StartsWith("quality -4"));
  EXPECT_EQ(ViewOf(view, rows, 5).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(view, rows, 5).reasons[0], HasSubstr("more items would settle it"));
  EXPECT_EQ(view.flagged, 2);
  EXPECT_EQ(view.improved, 1);
  EXPECT_EQ(view.inconclusive, 1);
}

TEST(Analysis, ThresholdComesFromTheSweepsConfiguration) {
  SweepRows rows = SweepOf({kBase, {.k = 10, .tps = 42}});
  rows.sweep.config_json = R"({"flag_below":0.3})";
  EXPECT_EQ(Analyse(rows).flagged, 0);
  EXPECT_DOUBLE_EQ(Analyse(rows).flag_below, 0.7);
  rows.sweep.config_json = R"({"flag_below":"much"})";
  EXPECT_EQ(Analyse(rows).flagged, 1);
}

// Each way in which trials prove that their numbers must not be used.
class Refusal : public testing::Test {
 protected:
  SweepRows rows_ = SweepOf({kBase, {.k = 4, .tps = 65}});
  const std::string id_ = rows_.cells[1].cell_id;
  CellView Spoilt() const {
    const SweepView view = Analyse(rows_);
    EXPECT_EQ(view.invalid, 1);
    const CellView cell = ViewOf(view, rows_, 1);
    EXPECT_EQ(cell.decode_tps.n, 0) << "a refused cell shows no number";
    EXPECT_EQ(cell.verdict, "");
    EXPECT_EQ(cell.record.status, Status::kInvalid);
    EXPECT_EQ(view.models[0].recommendation.cell_id, rows_.cells[0].cell_id);
    return cell;
  }
};

TEST_F(Refusal, OtherExpertCountThanAsked) {
  TrialsOf(rows_, id_)[5]->k_executed_max = 8;
  EXPECT_EQ(Spoilt().status, "invalid(not_obeyed: asked for 4 experts, executed 4 to 8)");
}

TEST_F(Refusal, AboveTheMeasuredBandwidth) {
  for (SessionRecord& session : rows_.sessions) session.read_bandwidth_gbps = 0.2;
  rows_.trials.erase(std::remove_if(rows_.trials.begin(), rows_.trials.end(),
                                    [&](const TrialRecord& t) { return t.cell_id != id_; }),
                     rows_.trials.end());
  const SweepView view = Analyse(rows_);  // 4 MB x 65 /s = 0.26 GB/s of 0.2
  EXPECT_THAT(ViewOf(view, rows_, 1).status,
              StartsWith("invalid(suspect: above the measured bandwidth, 0.3 GB/s of 0.2 GB/s"));
}

TEST_F(Refusal, FasterThanTheBytesAllow) {
  rows_.cells[1].max_speedup = 1.2;
  EXPECT_THAT(Spoilt().status, StartsWith("invalid(suspect: faster than the bytes allow, x1.30 ["));
}

TEST(Analysis, MoreExpertsNeedNotBeSlowerByAllTheirBytes) {
  // Twice the experts on a model whose time goes elsewhere: S_max is 0.5, the ratio 0.96.
  const SweepRows rows = SweepOf(
      {kBase, {.k = 16, .tps = 48, .max_speedup = 0.5}, {.k = 12, .tps = 60, .max_speedup = 0.7}});
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "ok");
  EXPECT_THAT(ViewOf(view, rows, 2).status, StartsWith("invalid(suspect: faster than"));
}

TEST_F(Refusal, TooFewTokens) {
  TrialsOf(rows_, id_)[0]->generated_tokens = 15;
  EXPECT_THAT(Spoilt().status, StartsWith("invalid(suspect: 15 tokens"));
}

TEST_F(Refusal, MoreLatenciesThanTokens) {
  TrialsOf(rows_, id_)[0]->generated_tokens = 20;
  EXPECT_THAT(Spoilt().status, StartsWith("invalid(suspect: 31 latencies for 20 tokens"));
}

TEST_F(Refusal, DecodeTimeThatIsNotTheSumOfItsLatencies) {
  TrialsOf(rows_, id_)[0]->decode_ms *= 0.5;
  EXPECT_THAT(Spoilt().status, StartsWith("invalid(suspect: decode time"));
}

TEST_F(Refusal, MoreAcceptedThanDrafted) {
  TrialsOf(rows_, id_)[0]->drafted = 3;
  TrialsOf(rows_, id_)[0]->accepted = 28;
  EXPECT_THAT(Spoilt().status, StartsWith("invalid(suspect: 28 accepted tokens of 3 drafted"));
}

TEST_F(Refusal, WhatTheSweepItselfFoundInvalid) {
  rows_.cells[1].status = Status::kInvalid;
  rows_.cells[1].reason = "not_obeyed: pages on node 0";
  EXPECT_EQ(Spoilt().status, "invalid(not_obeyed: pages on node 0)");
}

TEST(Analysis, WeightsInTheCachesAreHeldAgainstTheCachesBandwidth) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}});
  rows.models[0].facts_json = R"({"n_experts":1,"n_moe_layers":1,"expert_bytes":1000000})";
  for (SessionRecord& session : rows.sessions) session.read_bandwidth_gbps = 0.2;
  const SweepView view = Analyse(rows);
  EXPECT_EQ(view.invalid, 0);
  EXPECT_EQ(ViewOf(view, rows, 1).bound, "cache");
  EXPECT_NEAR(ViewOf(view, rows, 1).bandwidth_fraction, 0.26 / 40, 1e-3);
}

TEST(Analysis, ACellOfAnotherPlacementIsNotHeldAgainstTheBaselinesBytes) {
  // Twice as fast by placement alone: S_max(k0) = 1 holds only within a placement.
  const SweepRows rows =
      SweepOf({kBase, {.k = 8, .tps = 100, .placement = "local", .max_speedup = 1}});
  const SweepView view = Analyse(rows);
  EXPECT_EQ(view.invalid, 0);
  EXPECT_NEAR(ViewOf(view, rows, 1).speed_ratio.median, 2, 0.02);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "improved");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons, Contains(HasSubstr("same answers")));
}

TEST(Analysis, SkippedAndFailedCellsAreRowsWithTheirReason) {
  const SweepRows rows =
      SweepOf({kBase,
               {.k = 4, .items = 0, .status = Status::kSkipped, .reason = "guard: no memory"},
               {.k = 2, .items = 0, .status = Status::kFailed, .reason = "worker hung"}});
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).status, "skipped(guard: no memory)");
  EXPECT_EQ(ViewOf(view, rows, 2).status, "failed(worker hung)");
  EXPECT_EQ(ViewOf(view, rows, 2).verdict, "");
  EXPECT_EQ(view.skipped, 1);
  EXPECT_EQ(view.failed, 1);
}

TEST(Analysis, AHalfFinishedSweepClaimsNothingOfUnfinishedCells) {
  SweepRows rows = SweepOf({kBase,
                            {.k = 4, .tps = 30, .status = Status::kPlanned},
                            {.k = 2, .items = 0, .status = Status::kPlanned}});
  std::erase_if(rows.trials, [&](const TrialRecord& t) {
    return t.cell_id == rows.cells[2].cell_id ||
           (t.cell_id == rows.cells[1].cell_id && t.session_id > 1);
  });
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons[0], HasSubstr("not finished"));
  EXPECT_EQ(ViewOf(view, rows, 2).status, "planned");
  EXPECT_EQ(ViewOf(view, rows, 2).verdict, "");
  EXPECT_EQ(view.planned, 2);
  EXPECT_EQ(view.flagged, 0);
}

TEST(Analysis, NothingAtAllIsAViewToo) {
  EXPECT_TRUE(Analyse(SweepRows{}).models.empty());
  SweepRows rows = SweepOf({kBase, {.k = 4}});
  rows.trials.clear();
  rows.answers.clear();
  const SweepView view = Analyse(rows);
  EXPECT_EQ(view.models[0].recommendation.cell_id, "");
  EXPECT_THAT(view.models[0].recommendation.why, HasSubstr("no usable figures"));
}

TEST(Analysis, WithoutABaselineNothingIsClaimed) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}});
  for (TrialRecord* trial : TrialsOf(rows, rows.cells[0].cell_id)) trial->k_executed_min = 7;
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons, Contains(HasSubstr("no baseline trial")));
}

TEST(Analysis, OneTrialIsNeverAClaim) {
  const SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 30}}, {.sessions = 1, .rounds = 1});
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons[0], HasSubstr("one trial"));
}

TEST(Analysis, ControlsShowTheNoiseAndAreNeverFlagged) {
  const SweepRows quiet = SweepOf({kBase, {.k = 8, .tps = 50, .control = 1}});
  const SweepView view = Analyse(quiet);
  EXPECT_LT(view.models[0].aa_noise, 0.01);
  EXPECT_THAT(view.models[0].aa_text,
              testing::AllOf(StartsWith("A/A control: "), HasSubstr("not flagged")));
  EXPECT_EQ(view.models[0].cells[1].verdict, "ok");

  const SweepView loud = Analyse(SweepOf({kBase, {.k = 8, .tps = 40, .control = 1}}));
  EXPECT_NEAR(loud.models[0].aa_noise, 0.2, 0.01);
  EXPECT_THAT(loud.models[0].aa_text, HasSubstr("], flagged"));
  EXPECT_EQ(loud.flagged, 0);
  EXPECT_EQ(loud.inconclusive, 1);
}

TEST(Analysis, CellsAreSortedForReading) {
  const SweepRows rows = SweepOf(
      {{.k = 2, .tps = 80}, kBase, {.k = 8, .tps = 50, .control = 1}, {.k = 12, .tps = 40}});
  std::vector<int> ks;
  for (const CellView& cell : Analyse(rows).models[0].cells) ks.push_back(cell.record.cell.k);
  EXPECT_THAT(ks, ElementsAre(8, 8, 12, 2));
}

TEST(Analysis, UnstableTrialsAreCountedAndLeftOut) {
  SweepRows rows = SweepOf({kBase});
  TrialsOf(rows, rows.cells[0].cell_id)[0]->unstable = "steal 3 %";
  EXPECT_EQ(Analyse(rows).models[0].cells[0].unstable_trials, 1);
  EXPECT_EQ(Analyse(rows).models[0].cells[0].decode_tps.n, 11) << "of twelve";
}

TEST(Analysis, AnItemThatChangedIsNotCompared) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}});
  for (AnswerRecord& answer : rows.answers) {
    if (answer.cell_id == rows.cells[1].cell_id) answer.item_hash = "01";
  }
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).quality.n, 150);  // its own score stands
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons, Contains(HasSubstr("no item that both answered")));
}

TEST(Analysis, AnAnswerWithoutAScoreCountsForNoCell) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65}});
  for (AnswerRecord& answer : rows.answers) {
    if (answer.item_id == "item-003") answer.outcome = "skipped(sandbox)";
    if (answer.item_id == "item-004") answer.outcome = "unjudged";
  }
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 0).quality.n, 148);
  EXPECT_EQ(ViewOf(view, rows, 1).quality.n, 148);
}

TEST(Analysis, SameExpertCountWithOtherTextIsTold) {
  SweepRows rows = SweepOf({kBase, {.k = 8, .tps = 70, .decoding = "lookup"}});
  for (AnswerRecord& answer : rows.answers) {
    if (answer.cell_id == rows.cells[1].cell_id && answer.item_id == "item-003") {
      answer.answer += " or so";
    }
  }
  const SweepView view = Analyse(rows);
  EXPECT_THAT(ViewOf(view, rows, 1).reasons,
              Contains("1 of 150 answers differ from the baseline's text"));
}

}  // namespace
}  // namespace moebench
