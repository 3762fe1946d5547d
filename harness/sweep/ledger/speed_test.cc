// Ledger 7 to 11, 17, 20, 23, 24: speeds that were none.
#include <cmath>

#include "harness/sweep/ledger/ledger.h"

namespace moebench::ledger {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

void SpeedUp(TrialRecord& trial, double factor) {
  trial.decode_ms /= factor;
  for (float& ms : trial.inter_token_ms) ms = static_cast<float>(ms / factor);
}

TEST_F(Ledger, N07_AcceptanceOfExactlyOneIsAnAlarm) {
  Sweep();
  for (TrialRecord* trial : TrialsAt(4)) trial->drafted = trial->accepted = 20;
  const CellView cell = CellAt(4);
  EXPECT_EQ(cell.verdict, "inconclusive");
  EXPECT_THAT(Reasons(cell), HasSubstr("warning: acceptance 1.000"));
  EXPECT_NE(View().models[0].recommendation.cell_id, cell.record.cell_id);
}

TEST_F(Ledger, N08_CountersInflated28Times) {
  Sweep();
  // What the fake reads at k = 4 in GB/s, with a fifth of head room.
  const CellView honest = CellAt(4);
  for (SessionRecord& session : sink_.rows.sessions) {
    session.read_bandwidth_gbps = session.cache_bandwidth_gbps = 1.2 * honest.bandwidth_gbps;
  }
  EXPECT_EQ(CellAt(4).status, "ok");
  for (TrialRecord* trial : TrialsAt(4)) SpeedUp(*trial, 28);
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(suspect: above the measured bandwidth"));
}

TEST_F(Ledger, N09_AMillionTokensPerSecond) {
  script_.decode_tps[4] = 1e6;
  bandwidths_ = {20, 100, 1 << 25};
  Sweep();
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(suspect: "));
  EXPECT_EQ(CellAt(4).decode_tps.n, 0) << "it enters no average";
}

TEST_F(Ledger, N10_AnswersOfOneToken) {
  Misbehave(FakeAct::kOneToken, 4);
  Sweep();
  EXPECT_THAT(CellAt(4).status, AllOf(StartsWith("invalid(suspect: "), HasSubstr("tokens")));
}

TEST_F(Ledger, N11_FasterThanTheBytesAllow) {
  script_.decode_tps[4] = 5 * script_.decode_tps.at(8);
  Sweep();
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(suspect: faster than the bytes allow"));
}

TEST_F(Ledger, N17_MeasuredOnceIsNoClaim) {
  spec_.sessions = spec_.trials = 1;
  script_.decode_tps[4] = 0.5 * script_.decode_tps.at(8);
  Sweep();
  const CellView cell = CellAt(4);
  EXPECT_EQ(cell.decode_tps.n, 1);
  EXPECT_EQ(cell.verdict, "inconclusive");
  EXPECT_THAT(Reasons(cell), HasSubstr("one trial"));
}

// The same setting twice, 27 % apart between processes: what was published as a finding.
TEST_F(Ledger, N20_TheSameSettingDiffersFromItself) {
  Sweep();
  const std::string copy = CellAt(8, 1).record.cell_id;
  for (TrialRecord& trial : sink_.rows.trials) {
    if (trial.cell_id == copy) SpeedUp(trial, 0.73);
  }
  const CellView control = CellAt(8, 1);
  EXPECT_EQ(control.verdict, "inconclusive");
  EXPECT_THAT(Reasons(control), HasSubstr("A/A control: the same setting differs from itself"));
  const SweepView view = View();
  EXPECT_EQ(view.aa.cells, 1);
  EXPECT_EQ(view.aa.flagged, 1) << "and the record keeps it";
}

// One process is 40 % slower for every setting: paired with its own baseline that cancels.
TEST_F(Ledger, N23_ABaselineOfAnotherTimeIsNotTheMeasure) {
  Sweep();
  for (TrialRecord& trial : sink_.rows.trials) {
    if (trial.session_id == 2) SpeedUp(trial, 0.6);
  }
  EXPECT_NEAR(CellAt(8, 1).speed_ratio.median, 1, 0.01);
  EXPECT_EQ(CellAt(8, 1).verdict, "ok");
}

TEST_F(Ledger, N24_AFindingOfOneLookIsTakenBackByTheSecond) {
  script_.decode_tps[4] = 0.8 * script_.decode_tps.at(8);
  Sweep();
  ASSERT_EQ(CellAt(4).verdict, "flagged");
  const std::string cell = CellAt(4).record.cell_id, base = CellAt(8).record.cell_id;
  SessionRecord second = sink_.rows.sessions[0];
  second.id = 99;
  second.rerun = true;
  sink_.rows.sessions.push_back(second);
  const TrialRecord like = *TrialsAt(8)[0];
  for (int order = 0; order < 8; ++order) {  // A B B A A B B A, and no difference
    TrialRecord trial = like;
    trial.session_id = 99;
    trial.order = order;
    const bool b = order % 4 == 1 || order % 4 == 2;
    trial.cell_id = b ? cell : base;
    trial.k_executed_min = trial.k_executed_max = b ? 4 : 8;
    sink_.rows.trials.push_back(trial);
  }
  EXPECT_EQ(CellAt(4).verdict, "inconclusive");
  EXPECT_THAT(Reasons(CellAt(4)), HasSubstr("not confirmed: re-run 0 %"));
  EXPECT_FALSE(CellAt(4).rerun.confirmed);
}

}  // namespace
}  // namespace moebench::ledger
