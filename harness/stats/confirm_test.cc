#include "harness/stats/confirm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace moebench {
namespace {

std::vector<Night> QuietNights() {
  std::vector<Night> nights;
  for (int i = 0; i < 30; ++i) nights.push_back({4 + (i % 2 == 0 ? 0.005 : -0.005), 0.01, 5});
  return nights;
}
NightShift Tonight(double ratio, double process_sd = 0.01) {
  return ShiftOf(QuietNights(), {4 + std::log(ratio), process_sd, 5});
}
Confirmation Again(double ratio) {
  const double x = std::log(ratio);
  return ConfirmationOf(std::vector<double>{x - 0.01, x + 0.01, x, x + 0.005, x - 0.005, x});
}

TEST(ConfirmationOf, OnePairNeitherMakesNorHidesAFinding) {
  const Confirmation hidden =
      ConfirmationOf(std::vector<double>{-0.16, -0.17, -0.15, -0.16, -0.17, 0.5});
  EXPECT_NEAR(hidden.ratio, 0.85, 0.01);
  const Confirmation made = ConfirmationOf(std::vector<double>{0.01, 0, -0.01, 0, 0.01, -0.7});
  EXPECT_NEAR(made.ratio, 1, 0.01);
  EXPECT_EQ(ConfirmationOf(std::vector<double>{-0.2, -0.2, -0.2}).pairs, 0);
}

TEST(JudgeShift, ThreeAnswersWithoutARerun) {
  EXPECT_EQ(JudgeShift(Tonight(0.85), {}), VerdictKind::kFlagged);
  EXPECT_EQ(JudgeShift(Tonight(0.99), {}), VerdictKind::kOk);
  EXPECT_EQ(JudgeShift(Tonight(1.20), {}), VerdictKind::kImproved);
  EXPECT_EQ(JudgeShift(Tonight(0.91), {}), VerdictKind::kInconclusive);
  EXPECT_EQ(JudgeShift(ShiftOf({}, {4, 0.01, 5}), {}), VerdictKind::kInconclusive);
}

TEST(JudgeShift, AStandardErrorThatIsTooLargeClaimsNothing) {
  const NightShift noisy = Tonight(0.84, 0.08);  // error 4.5 %
  EXPECT_GT(noisy.hi, 0.9);
  EXPECT_LT(noisy.hi, 1);
  EXPECT_EQ(JudgeShift(noisy, {}), VerdictKind::kInconclusive);
  EXPECT_EQ(JudgeShift(noisy, Again(0.84)), VerdictKind::kFlagged);
}

TEST(JudgeShift, TheRerunMustShowTheLossItself) {
  EXPECT_EQ(JudgeShift(Tonight(0.85), Again(0.85)), VerdictKind::kFlagged);
  EXPECT_NE(JudgeShift(Tonight(0.85), Again(0.99)), VerdictKind::kFlagged);
  EXPECT_NE(JudgeShift(Tonight(0.80), Again(0.95)), VerdictKind::kFlagged);
  EXPECT_EQ(JudgeShift(Tonight(1.25), Again(1.25)), VerdictKind::kImproved);
  EXPECT_NE(JudgeShift(Tonight(1.25), Again(1.01)), VerdictKind::kImproved);
}

TEST(WantsConfirmation, ForSuspectsAndForWhatCannotBeTold) {
  EXPECT_TRUE(WantsConfirmation(Tonight(0.85)));
  EXPECT_TRUE(WantsConfirmation(Tonight(0.91)));
  EXPECT_TRUE(WantsConfirmation(Tonight(1.25)));
  EXPECT_FALSE(WantsConfirmation(Tonight(1.00)));
  EXPECT_FALSE(WantsConfirmation(ShiftOf({}, {4, 0.01, 5})));
}

TEST(JudgeTwoNights, ACellWithoutASecondArmNeedsTwoNights) {
  EXPECT_EQ(JudgeTwoNights(Tonight(0.86), Tonight(0.85)), VerdictKind::kFlagged);
  EXPECT_EQ(JudgeTwoNights(Tonight(1.00), Tonight(0.85)), VerdictKind::kInconclusive);
  EXPECT_EQ(JudgeTwoNights(NightShift{}, Tonight(0.85)), VerdictKind::kInconclusive);
  EXPECT_EQ(JudgeTwoNights(Tonight(0.85), Tonight(1.00)), VerdictKind::kOk);
  EXPECT_EQ(JudgeTwoNights(Tonight(1.2), Tonight(1.2)), VerdictKind::kImproved);
}

}  // namespace
}  // namespace moebench
