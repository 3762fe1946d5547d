#include "harness/cli/exit_codes.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

CellView Cell(int k, const std::string& verdict) {
  CellView cell;
  cell.record.cell.k = k;
  cell.record.status = Status::kOk;
  cell.label = "k=" + std::to_string(k);
  cell.status = "ok";
  cell.verdict = verdict;
  return cell;
}

// A night like all others: k = 1 answers badly, and k = 3 has too few items to say.
SweepView UsualNight() {
  SweepView view;
  view.models.emplace_back();
  view.models[0].cells = {Cell(8, "ok"), Cell(3, "inconclusive"), Cell(1, "flagged")};
  view.models[0].cells[1].history = {.nights = 7, .verdict = "ok"};
  view.flagged = view.inconclusive = 1;
  return view;
}

TEST(ExitCodes, WhatIsKnownToBeBadIsNoAlarmAtNight) {
  EXPECT_EQ(SweepExitCode(UsualNight()), ExitCode::kFlagged) << "a person asked for a verdict";
  EXPECT_EQ(NightExitCode(UsualNight()), ExitCode::kOk);
}

TEST(ExitCodes, ARegressionIs) {
  SweepView view = UsualNight();
  CellView& cell = view.models[0].cells[1];
  cell.history.verdict = "flagged";
  cell.reasons = {"regressed: decode -14 % [-19, -9]"};
  view.regressed = 1;
  EXPECT_EQ(NightExitCode(view), ExitCode::kFlagged);
  EXPECT_EQ(Regressions(view), std::vector<std::string>{"k=3: regressed: decode -14 % [-19, -9]"});
}

TEST(ExitCodes, AMachineThatBecameSlowerIs) {
  SweepView view = UsualNight();
  view.machine_slower = true;
  EXPECT_EQ(NightExitCode(view), ExitCode::kFlagged);
  EXPECT_EQ(SweepExitCode(view), ExitCode::kFlagged);
}

TEST(ExitCodes, WhatBrokeOrCantBeToldIsIncomplete) {
  SweepView view = UsualNight();
  view.failed = 1;
  EXPECT_EQ(NightExitCode(view), ExitCode::kIncomplete);
  view = UsualNight();
  view.models[0].cells[1].history.verdict = "inconclusive";
  EXPECT_EQ(NightExitCode(view), ExitCode::kIncomplete) << "perhaps slower than last night";
  view = UsualNight();
  view.models[0].cells[2].stable = false;
  EXPECT_EQ(NightExitCode(view), ExitCode::kIncomplete) << "disturbed";
  view = UsualNight();
  view.models[0].cells[1].record.cell.control = 1;
  EXPECT_EQ(NightExitCode(view), ExitCode::kIncomplete) << "the baseline differs from itself";
  view = UsualNight();
  view.models[0].cells[0].status = "failed(crashed(SIGSEGV))";
  EXPECT_EQ(NightExitCode(view), ExitCode::kIncomplete) << "without a baseline";
}

TEST(ExitCodes, AMoreExpensiveSettingThatIsSlowerIsExpected) {
  SweepView view = UsualNight();
  view.models[0].cells[1].verdict = "ok";
  view.inconclusive = 0;
  view.expected = 1;
  EXPECT_EQ(SweepExitCode(view), ExitCode::kOk);
}

}  // namespace
}  // namespace moebench
