#include "results/cell_speculation.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "results/analysis.h"
#include "results/show.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr size_t kDraft = 2;  // index of the speculative cell

// k=8 and k=4 plain, k=4 draft at 80 tokens/s beside 65.
SweepRows Made(double draft_tps = 80) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 50, .baseline = true},
                            {.k = 4, .tps = 65},
                            {.k = 4, .tps = draft_tps, .decoding = "draft"}});
  rows.prompts = {{"s1", "free writing", 0.1}, {"s2", "code edit", 0.4}, {"s3", "code edit", 0.2}};
  for (TrialRecord& trial : rows.trials) {
    const bool draft = trial.cell_id == rows.cells[kDraft].cell_id;
    for (const SpeedPromptRecord& prompt : rows.prompts) {
      PromptRecord p{
          .prompt_id = prompt.prompt_id, .generated_tokens = 11, .decode_ms = trial.decode_ms / 3};
      if (draft) {
        if (prompt.kind == "code edit") p.decode_ms /= 2;
        p.drafted = 20;
        p.accepted = prompt.kind == "code edit" ? 18 : 6;
        p.parity = ParityRecord{.tokens = 11};
      }
      trial.each_prompt.push_back(p);
    }
    if (!draft) continue;
    trial.speculation = SpeculationRecord{.steps = 10,
                                          .drafted = 30,
                                          .accepted = 21,
                                          .drafted_at = {10, 10},
                                          .accepted_at = {9, 6},
                                          .draft_ms = 0.25 * trial.decode_ms,
                                          .verify_ms = 0.7 * trial.decode_ms,
                                          .experts_per_step = 9,
                                          .tokens_per_pass = 3};
    trial.drafted = 30;
    trial.accepted = 21;
  }
  return rows;
}

CellView DraftIn(const SweepRows& rows) {
  const SweepView view = Analyse(rows);
  for (const CellView& cell : view.models.at(0).cells) {
    if (cell.record.cell_id == rows.cells[kDraft].cell_id) return cell;
  }
  throw Error{"no such cell", "test"};
}

TEST(CellSpeculation, UtilityIsAgainstPlainAtTheSameK) {
  const CellView cell = DraftIn(Made());
  ASSERT_TRUE(cell.speculation);
  EXPECT_EQ(cell.speculation->utility, "gains");
  EXPECT_NEAR(cell.speculation->over_plain.median, 80.0 / 65, 0.01);
  EXPECT_NEAR(cell.speed_ratio.median, 80.0 / 50, 0.02) << "and the verdict is the baseline's";
  EXPECT_EQ(cell.verdict, "improved");
  EXPECT_THAT(cell.reasons, Contains(HasSubstr("gains: +2")));
  EXPECT_THAT(cell.reasons, Contains(HasSubstr("over plain at k=4")));
  EXPECT_EQ(DraftIn(Made(52)).speculation->utility, "loses");
  EXPECT_EQ(DraftIn(Made(65)).speculation->utility, "can't tell");
}

TEST(CellSpeculation, CountersBecomeShares) {
  const SpeculationView s = DraftIn(Made()).speculation.value();
  EXPECT_THAT(s.accepted_at, testing::ElementsAre(0.9, 0.6));
  EXPECT_NEAR(s.tokens_per_step, 3.1, 1e-9);  // 31 latencies, 10 passes
  EXPECT_NEAR(s.guesses_per_pass, 2, 1e-9);
  EXPECT_NEAR(s.draft_share, 0.25, 1e-9);
  EXPECT_NEAR(s.experts_per_pass, 9, 1e-9);
  EXPECT_NEAR(s.experts_expected, 32 * (1 - 0.875 * 0.875 * 0.875), 1e-9);  // N = 32, k = 4
}

TEST(CellSpeculation, KindsOfPromptsShowWhereItHelps) {
  const SpeculationView s = DraftIn(Made()).speculation.value();
  ASSERT_THAT(s.kinds, SizeIs(2));
  EXPECT_EQ(s.kinds[0].kind, "free writing");
  EXPECT_NEAR(s.kinds[0].over_plain.median, 80.0 / 65, 0.01);
  EXPECT_NEAR(s.kinds[0].accept_rate.value(), 0.3, 1e-9);
  EXPECT_EQ(s.kinds[1].prompts, 2);
  EXPECT_NEAR(s.kinds[1].repeated_share, 0.3, 1e-9);
  EXPECT_NEAR(s.kinds[1].over_plain.median, 2 * 80.0 / 65, 0.03);
}

TEST(CellSpeculation, EqualTextsAreSaidAndSoIsTheWorstNearTie) {
  SweepRows rows = Made();
  EXPECT_THAT(DraftIn(rows).reasons, Contains("3 texts equal to plain decoding's"));
  for (AnswerRecord& answer : rows.answers) {
    if (answer.cell_id != rows.cells[kDraft].cell_id) continue;
    answer.parity = ParityRecord{.tokens = 5};
    if (answer.item_id == "item-007") answer.parity = ParityRecord{5, 2, 0.031};
  }
  const CellView cell = DraftIn(rows);
  EXPECT_THAT(cell.reasons, Contains("1 of 153 texts leave plain decoding's, by at most 0.031"
                                     " logits (item item-007, token 3)"));
  EXPECT_EQ(cell.speculation->parity.equal, 152);
}

TEST(CellSpeculation, ATextThatLeavesByMoreFailsTheCellWhateverTheRowsSay) {
  SweepRows rows = Made();
  TrialsOf(rows, rows.cells[kDraft].cell_id)[0]->each_prompt[1].parity = ParityRecord{11, 4, 0.2};
  const CellView cell = DraftIn(rows);
  EXPECT_THAT(cell.status, HasSubstr("failed(parity: speed prompt s2 leaves plain decoding at"));
  EXPECT_EQ(cell.decode_tps.n, 0);
  EXPECT_EQ(Analyse(rows).failed, 1);
}

TEST(CellSpeculation, SuspiciousAcceptanceIsNamed) {
  SweepRows rows = Made();
  for (TrialRecord* trial : TrialsOf(rows, rows.cells[kDraft].cell_id)) {
    trial->speculation->looked_up = 100;
    trial->speculation->lookup_accepted = 97;
  }
  EXPECT_THAT(DraftIn(rows).reasons, Contains(HasSubstr("warning: lookup acceptance 0.970")));
  EXPECT_EQ(DraftIn(rows).verdict, "improved") << "a warning, no verdict";
  for (TrialRecord* trial : TrialsOf(rows, rows.cells[kDraft].cell_id)) {
    trial->drafted = trial->accepted = 20;
  }
  EXPECT_THAT(DraftIn(rows).reasons, Contains(HasSubstr("warning: acceptance 1.000")));
  EXPECT_EQ(DraftIn(rows).verdict, "inconclusive");
  EXPECT_THAT(DraftIn(Made()).speculation->warnings, IsEmpty());
}

TEST(CellSpeculation, PassesAreRelativeToOneToken) {
  SweepRows rows = Made();
  for (int tokens = 1; tokens <= 4; ++tokens) {
    rows.pass_costs.push_back({.session_id = 1,
                               .k = 4,
                               .tokens = tokens,
                               .ms = 2.0 + tokens,
                               .lo_ms = 1,
                               .hi_ms = 9,
                               .n = 5,
                               .experts_per_layer = 3.5 * tokens});
  }
  const ModelView model = Analyse(rows).models[0];
  ASSERT_THAT(model.passes, SizeIs(1));
  EXPECT_EQ(model.passes[0].label, "k=4 interleave t=2");
  ASSERT_THAT(model.passes[0].passes, SizeIs(4));
  EXPECT_DOUBLE_EQ(model.passes[0].passes[3].ratio, 2);
  EXPECT_NEAR(model.passes[0].passes[1].experts_expected, 7.5, 1e-9);
}

TEST(CellSpeculation, ShowTellsWhatThePredictionWas) {
  SweepRows rows = Made();
  rows.predictions = {{rows.cells[kDraft].cell_id, 1, "its first trial", 0.8, 1, 0.1, 4, 1.31}};
  const SweepView view = Analyse(rows);
  const std::string table = ShowTable(view, Colour::kNo, 160);
  EXPECT_THAT(table, HasSubstr("x plain"));
  EXPECT_THAT(table, HasSubstr("70 %"));
  EXPECT_THAT(table, HasSubstr("predicted x1.31 with 4 guesses"));
  const nlohmann::json json = ShowJson(view);
  const nlohmann::json& plain = json["cells"][0];
  EXPECT_TRUE(plain["speculation"].is_null());
  EXPECT_TRUE(plain["accept_rate"].is_null());
  const auto draft = std::find_if(json["cells"].begin(), json["cells"].end(),
                                  [](const auto& c) { return c["decoding"] == "draft"; });
  ASSERT_NE(draft, json["cells"].end());
  EXPECT_NEAR((*draft)["accept_rate"].get<double>(), 0.7, 1e-9);
  EXPECT_EQ((*draft)["speculation"]["utility"], "gains");
  EXPECT_EQ((*draft)["speculation"]["prediction"]["draft_tokens"], 4);
  EXPECT_EQ((*draft)["speculation"]["parity"]["equal"], 3);
  EXPECT_EQ(json["speed_prompts"][1]["kind"], "code edit");
  const SweepRows plain_only = SweepOf({{.k = 8, .tps = 50, .baseline = true}});
  EXPECT_THAT(ShowTable(Analyse(plain_only), Colour::kNo, 160), Not(HasSubstr("x plain")));
}

}  // namespace
}  // namespace moebench
