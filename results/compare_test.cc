#include "results/compare.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CellNoise NotKnown(const std::string&) { return {}; }

SweepRows With(double k4_tps, double right = 0.9) {
  SweepRows rows =
      SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 4, .tps = k4_tps, .right = right}},
              {.sessions = 4, .rounds = 3});
  rows.sweep.machine_hash = "m";
  return rows;
}

TEST(Compare, ASlowerCellIsFlaggedAndTheOthersAreOk) {
  const Comparison c = CompareSweeps(With(65), With(52), NotKnown);
  ASSERT_EQ(c.cells.size(), 2u);
  EXPECT_EQ(c.cells[0].verdict, "ok");
  EXPECT_EQ(c.cells[1].verdict, "flagged");
  EXPECT_NEAR(c.cells[1].ratio.median, 0.8, 0.01);
  EXPECT_LT(c.cells[1].ratio.hi, 0.9);
  EXPECT_THAT(c.cells[1].why[0], HasSubstr("decode -20 % ["));
  EXPECT_EQ(c.flagged, 1);
  EXPECT_EQ(c.noise_nights, 0);
}

TEST(Compare, TheSameSweepTwiceIsOk) {
  const Comparison c = CompareSweeps(With(65), With(65), NotKnown);
  EXPECT_EQ(c.flagged + c.improved + c.inconclusive, 0);
}

TEST(Compare, AFasterCellIsImproved) {
  EXPECT_EQ(CompareSweeps(With(65), With(80), NotKnown).cells[1].verdict, "improved");
}

TEST(Compare, NoiseBetweenNightsIsAllowedFor) {
  const auto noisy = [](const std::string&) {
    const NoiseFloor floor{.night_sd = 0.06, .nights = 20, .df = 10};
    return CellNoise{floor, floor};
  };
  const Comparison c = CompareSweeps(With(65), With(55), noisy);
  EXPECT_EQ(c.cells[1].verdict, "inconclusive");
  EXPECT_THAT(c.cells[1].why[0], HasSubstr("too noisy to claim"));
  EXPECT_EQ(c.noise_nights, 20);
}

TEST(Compare, ALostLeadIsSeenBesideTheBaselineThoughTheMachineBecameFaster) {
  // 8 % slower by itself, where the baseline, and so the machine, is 10 % faster.
  SweepRows b = SweepOf({{.k = 8, .tps = 55, .baseline = true}, {.k = 4, .tps = 60}},
                        {.sessions = 4, .rounds = 3});
  b.sweep.machine_hash = "m";
  const Comparison c = CompareSweeps(With(65), b, NotKnown);
  EXPECT_EQ(c.cells[1].verdict, "flagged");
  EXPECT_GT(c.cells[1].ratio.median, 0.9) << "alone it is not below the threshold";
  EXPECT_NEAR(c.cells[1].relative.median, 60.0 / 65 / 1.1, 0.01);
  EXPECT_THAT(c.cells[1].why[0], HasSubstr("beside the baseline -16 % ["));
  EXPECT_EQ(c.cells[0].relative.n, 0) << "the anchor has no anchor";
}

TEST(Compare, ABaselineThatBecameFasterFlagsNobodyElse) {
  SweepRows b = SweepOf({{.k = 8, .tps = 60, .baseline = true}, {.k = 4, .tps = 65}},
                        {.sessions = 4, .rounds = 3});
  b.sweep.machine_hash = "m";
  const Comparison c = CompareSweeps(With(65), b, NotKnown);
  EXPECT_EQ(c.cells[0].verdict, "improved");
  EXPECT_EQ(c.cells[1].verdict, "ok");
  EXPECT_THAT(c.cells[1].why, testing::Contains(HasSubstr("beside the baseline -17 % [")));
}

TEST(Compare, ThatAllMovedTogetherIsSaid) {
  const auto sweep = [](double factor) {
    SweepRows rows = SweepOf({{.k = 8, .tps = 50 * factor, .baseline = true},
                              {.k = 4, .tps = 65 * factor},
                              {.k = 2, .tps = 80 * factor}},
                             {.sessions = 4, .rounds = 3});
    rows.sweep.machine_hash = "m";
    return rows;
  };
  const Comparison c = CompareSweeps(sweep(1), sweep(0.8), NotKnown);
  EXPECT_EQ(c.flagged, 3);
  EXPECT_THAT(c.alarm, HasSubstr("3 of 3 cells moved together, decode -20 %"));
  EXPECT_THAT(ComparisonText(c, Colour::kNo, 80), HasSubstr("!  3 of 3 cells moved together"));
  EXPECT_EQ(CompareSweeps(sweep(1), sweep(1), NotKnown).alarm, "");
}

TEST(Compare, ADisturbedSideIsInconclusiveAndSaysWhich) {
  SweepRows b = With(40);
  for (TrialRecord* trial : TrialsOf(b, b.cells[1].cell_id)) {
    trial->unstable = "other processes used 40.0 % of the threads' time";
  }
  const Comparison c = CompareSweeps(With(65), b, NotKnown);
  EXPECT_EQ(c.cells[1].verdict, "inconclusive");
  EXPECT_EQ(c.flagged, 0);
  EXPECT_THAT(c.cells[1].why, ElementsAre(testing::StartsWith("B: unstable: 12 of 12 trials")));
}

TEST(Compare, WorseAnswersAreFlagged) {
  const Comparison c = CompareSweeps(With(65, 0.9), With(65, 0.5), NotKnown);
  EXPECT_EQ(c.cells[1].verdict, "flagged");
  EXPECT_THAT(c.cells[1].why[0], HasSubstr("quality -4"));
  EXPECT_LT(c.cells[1].quality.p_mcnemar, 0.001);
}

TEST(Compare, AnotherMachineIsShownAndNotJudged) {
  SweepRows other = With(40);
  other.sweep.machine_hash = "n";
  const Comparison c = CompareSweeps(With(65), other, NotKnown);
  ASSERT_EQ(c.different.size(), 1u);
  EXPECT_EQ(c.cells[1].verdict, "not_comparable");
  EXPECT_NEAR(c.cells[1].ratio.median, 40.0 / 65, 0.01);
  EXPECT_EQ(c.flagged, 0);
  EXPECT_THAT(ComparisonText(c, Colour::kNo, 80), HasSubstr("not judged: the machine"));
}

TEST(Compare, CellsOfOneSideOnlyAreListed) {
  SweepRows more = SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 2, .tps = 70}});
  more.sweep.machine_hash = "m";
  const Comparison c = CompareSweeps(With(65), more, NotKnown);
  EXPECT_THAT(c.only_a, ElementsAre("k=4 plain interleave t=2 of aaaaaaaa"));
  EXPECT_THAT(c.only_b, ElementsAre("k=2 plain interleave t=2 of aaaaaaaa"));
}

TEST(Compare, ACellWithoutFiguresSaysWhy) {
  SweepRows failed = SweepOf({{.k = 8, .tps = 50, .baseline = true},
                              {.k = 4, .status = Status::kFailed, .reason = "crashed(SIGSEGV)"}});
  failed.sweep.machine_hash = "m";
  const Comparison c = CompareSweeps(With(65), failed, NotKnown);
  EXPECT_EQ(c.cells[1].verdict, "not_comparable");
  EXPECT_THAT(c.cells[1].why, ElementsAre("B: failed(crashed(SIGSEGV))"));
}

TEST(Compare, JsonHasItsSchemaAndNullsForWhatIsNotKnown) {
  const nlohmann::json json = ComparisonJson(CompareSweeps(With(65), With(52), NotKnown));
  EXPECT_EQ(json["schema"], "moebench.compare/1");
  EXPECT_EQ(json["counts"]["flagged"], 1);
  EXPECT_EQ(json["cells"][1]["verdict"], "flagged");
  EXPECT_NEAR(json["cells"][1]["ratio"]["median"].get<double>(), 0.8, 0.01);
  EXPECT_EQ(json["comparable"], true);
  EXPECT_THAT(json["only_a"].get<std::vector<std::string>>(), IsEmpty());
}

}  // namespace
}  // namespace moebench
