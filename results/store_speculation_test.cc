#include <gmock/gmock.h>

#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;
using testing::ElementsAre;
using testing::SizeIs;

CellRecord DraftCell() {
  CellRecord record = SomeCell(4);
  record.cell.decoding = "draft";
  record.cell.guessing = {.draft_path = "d'" + kHostile,
                          .draft_sha256 = std::string(64, 'd'),
                          .draft_tokens = 5,
                          .min_probability = 0.25,
                          .recurrent = "rollback"};
  record.cell_id = CellId(record.cell);
  return record;
}

TEST(StoreSpeculation, GivesBackExactlyWhatItWasGiven) {
  const Folder folder;
  const CellRecord draft = DraftCell();
  int64_t id = 0, session = 0;
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    id = store.CreateSweep(SomeSweep(), {}, std::vector{SomeCell(4), draft},
                           std::vector<SpeedPromptRecord>{{"s1", "free writing", 0.125},
                                                          {"s2" + kHostile, kHostile, 0}});
    session = store.AddSession(id, SomeSession());
    store.AddPassCosts(std::vector<PassCostRecord>{{session, 4, 1, 2.5, 2, 3, 7, 4, 1e6},
                                                   {session, 4, 2, 3.5, 3, 4, 7, 7.5, 1.5e6}});
    store.AddPrediction(id, {draft.cell_id, session, kHostile, 0.75, 0.5, 0.1, 3, 1.25});
    store.AddTrial(id, SomeTrial(SomeCell(4).cell_id, session, 0));
    TrialRecord trial = SomeTrial(draft.cell_id, session, 1);
    trial.speculation = SpeculationRecord{.steps = 10,
                                          .drafted = 40,
                                          .accepted = 30,
                                          .looked_up = 8,
                                          .lookup_accepted = 2,
                                          .drafted_at = {10, 10, 9},
                                          .accepted_at = {9, 8, 7},
                                          .draft_ms = 1.5,
                                          .verify_ms = 20.25,
                                          .rollback_ms = 0.5,
                                          .lookup_ms = 0.125,
                                          .experts_per_step = 14.5,
                                          .tokens_per_pass = 3.9};
    trial.each_prompt = {{.prompt_id = "s1",
                          .generated_tokens = 20,
                          .decode_ms = 50,
                          .drafted = 20,
                          .accepted = 15,
                          .parity = ParityRecord{.tokens = 20, .diverged_at = 12, .gap = 0.01}},
                         {.prompt_id = kHostile, .generated_tokens = 20, .decode_ms = 50.125}};
    store.AddTrial(id, trial);
    std::vector<AnswerRecord> answers = {SomeAnswer(draft.cell_id, session, "i1"),
                                         SomeAnswer(draft.cell_id, session, "i2"),
                                         SomeAnswer(draft.cell_id, session, "i3")};
    answers[1].parity = ParityRecord{.tokens = 6};
    answers[2].parity = ParityRecord{.tokens = 6, .diverged_at = 0};
    store.AddAnswers(id, answers);
  }
  const SweepRows rows = Store::OpenForReading(folder / "s.db").ReadSweep(id);
  EXPECT_EQ(rows.cells[0].cell.guessing, Guessing{});
  EXPECT_EQ(rows.cells[1].cell.guessing, draft.cell.guessing);
  EXPECT_EQ(CellId(rows.cells[1].cell), draft.cell_id);

  EXPECT_FALSE(rows.trials[0].speculation);
  EXPECT_THAT(rows.trials[0].each_prompt, SizeIs(0));
  ASSERT_TRUE(rows.trials[1].speculation);
  const SpeculationRecord& s = *rows.trials[1].speculation;
  EXPECT_EQ(s.steps, 10);
  EXPECT_EQ(s.lookup_accepted, 2);
  EXPECT_THAT(s.drafted_at, ElementsAre(10, 10, 9));
  EXPECT_THAT(s.accepted_at, ElementsAre(9, 8, 7));
  EXPECT_EQ(s.lookup_ms, 0.125);
  EXPECT_EQ(s.tokens_per_pass, 3.9);
  ASSERT_THAT(rows.trials[1].each_prompt, SizeIs(2));
  const PromptRecord& prompt = rows.trials[1].each_prompt[0];
  EXPECT_EQ(prompt.prompt_id, "s1");
  EXPECT_EQ(prompt.accepted, 15);
  EXPECT_EQ(prompt.parity.value().diverged_at, 12);
  EXPECT_EQ(prompt.parity->gap, 0.01);
  EXPECT_EQ(rows.trials[1].each_prompt[1].prompt_id, kHostile);
  EXPECT_EQ(rows.trials[1].each_prompt[1].decode_ms, 50.125);
  EXPECT_FALSE(rows.trials[1].each_prompt[1].drafted);
  EXPECT_FALSE(rows.trials[1].each_prompt[1].parity);

  EXPECT_FALSE(rows.answers[0].parity);
  EXPECT_EQ(rows.answers[1].parity.value().diverged_at, -1);
  EXPECT_EQ(rows.answers[2].parity.value().diverged_at, 0);
  EXPECT_FALSE(rows.answers[2].parity->gap);

  ASSERT_THAT(rows.pass_costs, SizeIs(2));
  EXPECT_EQ(rows.pass_costs[1].tokens, 2);
  EXPECT_EQ(rows.pass_costs[1].experts_per_layer, 7.5);
  ASSERT_THAT(rows.predictions, SizeIs(1));
  EXPECT_EQ(rows.predictions[0].source, kHostile);
  EXPECT_EQ(rows.predictions[0].guesses, 3);
  ASSERT_THAT(rows.prompts, SizeIs(2));
  EXPECT_EQ(rows.prompts[0].kind, "free writing");
  EXPECT_EQ(rows.prompts[1].prompt_id, "s2" + kHostile);
  EXPECT_THAT(CheckStore(folder / "s.db").problems, SizeIs(0));
}

}  // namespace
}  // namespace moebench
