// Divergence and judges beside the graders: figures, verdicts, disagreement, the smallest safe k.
#include "results/cell_beside.h"

#include <gmock/gmock.h>

#include <cmath>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "results/analysis.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const CellRows kBase{.k = 8, .tps = 50, .baseline = true};

// Of cell i: its perplexity is exp(loss) times the base's.
void AddDivergence(SweepRows& rows, size_t i, double loss) {
  Rng rng(i + 1);
  DivergenceRecord d{.cell_id = rows.cells[i].cell_id,
                     .session_id = 1,
                     .base_k = 8,
                     .window_tokens = 64,
                     .windows = 20,
                     .per_window = 31,
                     .k_executed_min = rows.cells[i].cell.k,
                     .k_executed_max = rows.cells[i].cell.k};
  for (int t = 0; t < 20 * 31; ++t) {
    const double base = -2 + 0.5 * rng.Normal();
    d.base_log_p.push_back(static_cast<float>(base));
    d.log_p.push_back(static_cast<float>(base - loss - (loss > 0 ? 0.02 * rng.Normal() : 0)));
    d.kl.push_back(static_cast<float>(loss));
    d.same_top += t % 10 == 0 && loss > 0 ? '0' : '1';
  }
  rows.divergences.push_back(std::move(d));
}

// Of cell i: the first `bad` items get 1 point, the others 3; pairs as that says, in both orders.
void AddJudgments(SweepRows& rows, size_t i, int items, int bad) {
  const std::string& cell_id = rows.cells[i].cell_id;
  std::vector<std::string> ids;
  for (const AnswerRecord& answer : rows.answers) {
    if (answer.cell_id == cell_id) ids.push_back(answer.item_id);
  }
  for (int n = 0; n < items; ++n) {
    JudgmentRecord j{.cell_id = cell_id,
                     .item_id = ids.at(static_cast<size_t>(n)),
                     .kind = "rubric",
                     .outcome = "ok",
                     .score = n < bad ? 1 : 3,
                     .judge = "test:j",
                     .prompt_hash = "p"};
    rows.judgments.push_back(j);
    if (i == 0 || n >= bad) continue;
    j.kind = "pair";
    j.score = -1;
    rows.judgments.push_back(j);
    j.swapped = true;
    j.score = n % 2 == 0 ? -1 : 1;  // every other pair contradicts itself
    rows.judgments.push_back(j);
  }
}

void EndJudging(SweepRows& rows, bool trusted) {
  rows.judge_runs.push_back({.judge = "test:j",
                             .prompt_hash = "p",
                             .requests = 10,
                             .usd = 0.5,
                             .trusted = trusted,
                             .trust_text = trusted ? "passes" : "believes injections"});
}

const CellView& ViewOf(const SweepView& view, const SweepRows& rows, size_t i) {
  for (const CellView& cell : view.models.at(0).cells) {
    if (cell.record.cell_id == rows.cells.at(i).cell_id) return cell;
  }
  throw Error{"no such cell", "test"};
}

TEST(DivergenceBeside, FiguresAndVerdictStandInTheView) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  AddDivergence(rows, 0, 0);
  AddDivergence(rows, 1, 0.01);
  const SweepView view = Analyse(rows);
  const DivergenceView& base = ViewOf(view, rows, 0).divergence;
  EXPECT_EQ(base.ratio, 1);
  EXPECT_NEAR(base.perplexity, std::exp(2), 0.5);
  const DivergenceView& d = ViewOf(view, rows, 1).divergence;
  EXPECT_EQ(d.tokens, 620);
  EXPECT_NEAR(d.ratio, 1.01, 0.003);
  EXPECT_NEAR(d.kl_mean, 0.01, 1e-6);
  EXPECT_NEAR(d.same_top, 0.9, 1e-9);
  EXPECT_EQ(d.verdict, "ok");
  EXPECT_THAT(ViewOf(view, rows, 1).reasons, Contains(HasSubstr("perplexity +1 %")));
  EXPECT_EQ(ViewOf(view, rows, 1).disagreement, "");
}

TEST(DivergenceBeside, DisagreementWithTheGradersIsShownAndTheirsCounts) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  AddDivergence(rows, 1, 0.2);
  const SweepView view = Analyse(rows);
  const CellView& cell = ViewOf(view, rows, 1);
  EXPECT_EQ(cell.divergence.verdict, "flagged");
  EXPECT_EQ(cell.verdict, "improved");
  EXPECT_EQ(cell.disagreement, "graders ok, divergence flagged");
  EXPECT_THAT(cell.reasons, Contains(HasSubstr("they disagree: graders ok, divergence flagged")));
}

TEST(DivergenceBeside, TellsWhatTooFewItemsCanNot) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true, .items = 12},
                            {.k = 4, .tps = 65, .right = 0.7, .items = 12},
                            {.k = 2, .tps = 70, .right = 0.7, .items = 12}});
  EXPECT_EQ(ViewOf(Analyse(rows), rows, 1).verdict, "inconclusive");
  AddDivergence(rows, 1, 0.005);
  AddDivergence(rows, 2, 0.3);
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).quality.verdict, "inconclusive");
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "improved");
  EXPECT_EQ(ViewOf(view, rows, 2).verdict, "flagged");
}

TEST(DivergenceBeside, WithoutAnswersItSpeaksAlone) {
  SweepRows rows = SweepOf({kBase, {.k = 6, .tps = 60}, {.k = 2, .tps = 70}});
  rows.answers.clear();
  AddDivergence(rows, 1, 0.005);
  AddDivergence(rows, 2, 0.3);
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "improved");
  EXPECT_EQ(ViewOf(view, rows, 2).verdict, "flagged");
}

TEST(JudgeBeside, ScoresChangeAndPairsAreCounted) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  AddJudgments(rows, 0, 100, 0);
  AddJudgments(rows, 1, 100, 30);
  EndJudging(rows, true);
  const SweepView view = Analyse(rows);
  const JudgeView& base = ViewOf(view, rows, 0).judge;
  EXPECT_EQ(base.score, 3);
  const CellView& cell = ViewOf(view, rows, 1);
  EXPECT_EQ(cell.judge.n, 100);
  EXPECT_NEAR(cell.judge.score, 2.4, 1e-9);
  EXPECT_NEAR(cell.judge.relative, -0.2, 1e-9);
  EXPECT_EQ(cell.judge.lost, 15);
  EXPECT_EQ(cell.judge.won, 0);
  EXPECT_GE(cell.judge.tied, 15);  // contradictions, and answers of the same text
  EXPECT_EQ(cell.judge.verdict, "flagged");
  EXPECT_EQ(cell.verdict, "flagged");
  EXPECT_THAT(cell.reasons, Contains(HasSubstr("judge: quality -20 %")));
  EXPECT_EQ(cell.disagreement, "graders ok, judge flagged");
  EXPECT_EQ(view.judge.judge, "test:j");
  EXPECT_EQ(view.judge.usd, 0.5);
}

TEST(JudgeBeside, OneThatIsNotBelievedFlagsNothing) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  AddJudgments(rows, 0, 100, 0);
  AddJudgments(rows, 1, 100, 30);
  EndJudging(rows, false);
  const SweepView view = Analyse(rows);
  const CellView& cell = ViewOf(view, rows, 1);
  EXPECT_NEAR(cell.judge.score, 2.4, 1e-9);  // shown all the same
  EXPECT_EQ(cell.judge.verdict, "");
  EXPECT_EQ(cell.verdict, "improved");
  EXPECT_THAT(cell.reasons, Not(Contains(HasSubstr("judge"))));
  EXPECT_FALSE(view.judge.trusted);
}

TEST(JudgeBeside, TellsWhatTooFewItemsCanNot) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true, .items = 12},
                            {.k = 4, .tps = 65, .right = 0.7, .items = 12}});
  const SweepView before = Analyse(rows);
  EXPECT_EQ(ViewOf(before, rows, 1).verdict, "inconclusive");
  AddJudgments(rows, 0, 12, 0);
  AddJudgments(rows, 1, 12, 12);
  EndJudging(rows, true);
  const SweepView view = Analyse(rows);
  EXPECT_EQ(ViewOf(view, rows, 1).judge.verdict, "flagged");
  EXPECT_EQ(ViewOf(view, rows, 1).verdict, "flagged");
}

TEST(SafeExperts, TheSmallestCountAboveTheFirstThatFellIsNamed) {
  const SweepRows rows = SweepOf({kBase,
                                  {.k = 6, .tps = 55, .right = 0.9},
                                  {.k = 4, .tps = 60, .right = 0.9},
                                  {.k = 3, .tps = 65, .right = 0.5},
                                  {.k = 2, .tps = 70, .right = 0.9}});
  const SweepView view = Analyse(rows);
  const ModelView& model = view.models[0];
  EXPECT_EQ(model.safe_k, 4);
  EXPECT_THAT(model.safe_k_text, HasSubstr("k=4: quality 0 %"));
  EXPECT_THAT(model.safe_k_text, HasSubstr("150 items"));
  EXPECT_THAT(ViewOf(view, rows, 3).reasons,
              Contains("raise the expert count: k=4 is the smallest that is still safe"));
  EXPECT_THAT(ViewOf(view, rows, 2).reasons, Not(Contains(HasSubstr("raise"))));
}

TEST(SafeExperts, EvidenceNamesWhoDisagrees) {
  SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.9}});
  AddDivergence(rows, 1, 0.2);
  const ModelView model = Analyse(rows).models[0];
  EXPECT_EQ(model.safe_k, 4);
  EXPECT_THAT(model.safe_k_text, HasSubstr("not all agree: graders ok, divergence flagged"));
}

TEST(SafeExperts, WithoutAnyTheModelsOwnIsNamed) {
  const SweepRows rows = SweepOf({kBase, {.k = 4, .tps = 65, .right = 0.4}});
  const ModelView model = Analyse(rows).models[0];
  EXPECT_EQ(model.safe_k, 8);
  EXPECT_THAT(model.safe_k_text, HasSubstr("no smaller one is known to be safe"));
  EXPECT_THAT(Analyse(SweepOf({kBase})).models[0].safe_k_text, IsEmpty());
}

}  // namespace
}  // namespace moebench
