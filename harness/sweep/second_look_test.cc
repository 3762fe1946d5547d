// More sessions for wide intervals, and the second look at suspects.
#include "harness/sweep/run_sweep.h"
#include "harness/sweep/testing/run_sweep_fixture.h"

namespace moebench {
namespace {

TEST_F(RunSweepTest, MoreSessionsUntilTheIntervalIsNarrow) {
  plan_.spec.max_sessions = 6;
  plan_.spec.interval = 0.02;
  int asked = 0;
  environment_.judge = [&] {
    ++asked;
    return std::vector<CellNeed>{{CellOf(4).cell_id, asked <= 2 ? 0.05 : 0.01, false},
                                 {CellOf(2).cell_id, 0.01, false}};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 4) << "two planned, two more";
  EXPECT_EQ(TrialsOf(CellOf(4).cell_id), 12u);
  EXPECT_EQ(TrialsOf(CellOf(2).cell_id), 6u);
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
}

TEST_F(RunSweepTest, MoreSessionsEndAtTheCap) {
  plan_.spec.max_sessions = 3;
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.5, false}}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 3);
}

TEST_F(RunSweepTest, ASuspectIsLookedAtAgainBesideTheBaseline) {
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}}; };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 5) << "two planned, three for the second look";
  std::string order;  // of the third session
  for (const TrialRecord& trial : sink_.trials) {
    if (trial.session_id == 3) order += trial.cell_id == CellOf(4).cell_id ? 'B' : 'A';
  }
  EXPECT_EQ(order, "ABBAABBA");
  EXPECT_TRUE(sink_.sessions[2].rerun);
  EXPECT_FALSE(sink_.sessions[1].rerun);
}

TEST_F(RunSweepTest, ABudgetThatEndsInTheSecondLookLeavesNothingUndone) {
  plan_.spec.budget_s = 1e6;
  environment_.judge = [&] {
    clock_s_ = 2e6;
    return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.finished);
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
}

TEST_F(RunSweepTest, CancelledInTheSecondLookGoesOnThere) {
  environment_.judge = [&] { return std::vector<CellNeed>{{CellOf(4).cell_id, 0.01, true}}; };
  prepare_ = [&](ScriptedRunner& runner) {
    runner.on_generate = [&](const GenerateRequest&, GenerateResult&) { cancel_ |= starts_ == 4; };
  };
  EXPECT_EQ(Run(), SweepEnd::kCancelled);
  EXPECT_FALSE(sink_.finished);
  cancel_ = false;
  starts_ = 10;
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(starts_, 12) << "the second and third process of the second look";
}

}  // namespace
}  // namespace moebench
