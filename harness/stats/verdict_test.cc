#include "harness/stats/verdict.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SpeedRatio Ratio(double ratio, double lo, double hi) {
  return {.ratio = ratio, .lo = lo, .hi = hi, .n = 6, .sessions = 2, .min_detectable = 0.05};
}
QualityChange Change(double relative, double lo, double hi, int n = 150) {
  return {.relative = relative, .lo = lo, .hi = hi, .n = n, .defined = true};
}

TEST(SpeedVerdict, NeedsTheThresholdAndTheInterval) {
  EXPECT_EQ(SpeedVerdict(Ratio(0.86, 0.81, 0.91)).kind, VerdictKind::kFlagged);
  EXPECT_EQ(SpeedVerdict(Ratio(0.86, 0.70, 1.05)).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(SpeedVerdict(Ratio(0.93, 0.91, 0.95)).kind, VerdictKind::kOk);
  EXPECT_EQ(SpeedVerdict(Ratio(0.93, 0.88, 0.98)).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(SpeedVerdict(Ratio(1.20, 1.15, 1.25)).kind, VerdictKind::kImproved);
  EXPECT_EQ(SpeedVerdict(Ratio(1.20, 0.95, 1.50)).kind, VerdictKind::kOk);
  EXPECT_EQ(SpeedVerdict(Ratio(1.20, 0.80, 1.80)).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(SpeedVerdict(Ratio(0.93, 0.91, 0.95), 0.95).kind, VerdictKind::kFlagged);
}

TEST(SpeedVerdict, SaysWhatItSaw) {
  EXPECT_THAT(SpeedVerdict(Ratio(0.86, 0.81, 0.91)).reasons, ElementsAre("decode -14 % [-19, -9]"));
  EXPECT_THAT(SpeedVerdict(Ratio(0.92, 0.81, 1.04)).reasons,
              ElementsAre("decode -8 % [-19, +4]: a loss of 10 % can't be excluded; more than 2 "
                          "sessions would settle it"));
}

TEST(SpeedVerdict, OneTrialSettlesNothing) {
  const SpeedRatio one{.ratio = 0.5, .lo = 0.5, .hi = 0.5, .n = 1, .sessions = 1};
  EXPECT_EQ(SpeedVerdict(one).kind, VerdictKind::kInconclusive);
  EXPECT_THAT(SpeedVerdict(one).reasons, ElementsAre(HasSubstr("one trial")));
  EXPECT_EQ(SpeedVerdict({}).kind, VerdictKind::kInconclusive);
}

TEST(QualityVerdict, FollowsTheSameRule) {
  EXPECT_EQ(QualityVerdict(Change(-0.14, -0.19, -0.09)).kind, VerdictKind::kFlagged);
  EXPECT_EQ(QualityVerdict(Change(-0.03, -0.08, 0.02)).kind, VerdictKind::kOk);
  EXPECT_EQ(QualityVerdict(Change(-0.03, -0.14, 0.08)).kind, VerdictKind::kInconclusive);
  EXPECT_THAT(QualityVerdict(Change(-0.03, -0.08, 0.02)).reasons,
              ElementsAre("quality -3 % [-8, +2], 150 items"));
  EXPECT_EQ(QualityVerdict(Change(-1, -1, -1, 1)).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(QualityVerdict({}).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(QualityVerdict({.n = 10}).kind, VerdictKind::kInconclusive);
}

TEST(Combine, TheWorstThatIsCertainWins) {
  const Verdict ok{VerdictKind::kOk, {"a"}};
  const Verdict improved{VerdictKind::kImproved, {"b"}};
  const Verdict open{VerdictKind::kInconclusive, {"c"}};
  const Verdict flagged{VerdictKind::kFlagged, {"d"}};
  EXPECT_EQ(Combine({ok, improved}).kind, VerdictKind::kImproved);
  EXPECT_EQ(Combine({improved, open}).kind, VerdictKind::kInconclusive);
  EXPECT_EQ(Combine({open, flagged, ok}).kind, VerdictKind::kFlagged);
  EXPECT_THAT(Combine({ok, flagged}).reasons, ElementsAre("d", "a"));
  EXPECT_EQ(Combine({}).kind, VerdictKind::kOk);
}

TEST(PercentText, IsShort) {
  EXPECT_EQ(PercentText(0.1349), "+13 %");
  EXPECT_EQ(PercentText(-0.001), "0 %");
  EXPECT_EQ(PercentText(0.004, -0.02, 0.03), "0 % [-2, +3]");
}

}  // namespace
}  // namespace moebench
