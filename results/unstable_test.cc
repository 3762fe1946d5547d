// Trials that something disturbed: left out, or, where too few others remain, a cell that claims
// nothing.
#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "results/analysis.h"
#include "results/open_questions.h"
#include "results/show.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kWhy[] = "other processes used 31.0 % of the threads' time";

class Unstable : public testing::Test {
 protected:
  Unstable()
      : rows_(SweepOf({{.k = 8, .tps = 50, .baseline = true},
                       {.k = 8, .tps = 50, .control = 1},
                       {.k = 4, .tps = 65}})) {}

  // Disturbs the trials from..to of a cell: slower by the factor.
  void Disturb(size_t cell, size_t from, size_t to, double factor) {
    const std::vector<TrialRecord*> trials = TrialsOf(rows_, rows_.cells[cell].cell_id);
    for (size_t i = from; i < to && i < trials.size(); ++i) {
      trials[i]->unstable = kWhy;
      trials[i]->decode_ms *= factor;
      for (float& ms : trials[i]->inter_token_ms) ms *= static_cast<float>(factor);
    }
  }
  const CellView& ViewOf(const SweepView& view, size_t cell) const {
    for (const CellView& one : view.models.at(0).cells) {
      if (one.record.cell_id == rows_.cells.at(cell).cell_id) return one;
    }
    throw Error{"no such cell", "test"};
  }

  SweepRows rows_;
};

TEST_F(Unstable, DisturbedTrialsAreLeftOutOfEveryFigure) {
  Disturb(2, 0, 5, 10);  // of nine
  const SweepView view = Analyse(rows_);
  const CellView& cell = ViewOf(view, 2);
  EXPECT_TRUE(cell.stable);
  EXPECT_EQ(cell.status, "ok");
  EXPECT_NEAR(cell.decode_tps.median, 65, 1) << "a tenth of it in most trials";
  EXPECT_GT(cell.decode_tps.lo, 60);
  EXPECT_EQ(cell.decode_tps.n, 4);
  EXPECT_EQ(cell.trials, 9);
  EXPECT_EQ(cell.unstable_trials, 5);
  EXPECT_NEAR(cell.speed_ratio.median, 1.3, 0.02);
  EXPECT_LT(cell.inter_token_p99_ms, 20) << "latencies, too";
  EXPECT_EQ(view.unstable, 0);
  EXPECT_THAT(ShowTable(view, Colour::kNo, 100), HasSubstr("5 of 9 trials disturbed and left out"));
}

TEST_F(Unstable, ADisturbedBaselineTrialIsNoNeighbour) {
  Disturb(0, 0, 4, 5);
  EXPECT_NEAR(ViewOf(Analyse(rows_), 2).speed_ratio.median, 1.3, 0.02);
  EXPECT_NEAR(ViewOf(Analyse(rows_), 1).speed_ratio.median, 1.0, 0.02);
}

TEST_F(Unstable, TooFewQuietTrialsMakeTheCellUnstableAndNoAverage) {
  Disturb(2, 0, 7, 2);
  const SweepView view = Analyse(rows_);
  const CellView& cell = ViewOf(view, 2);
  EXPECT_FALSE(cell.stable);
  EXPECT_EQ(cell.disturbed, "7 of 9 trials were disturbed (" + std::string(kWhy) + ")");
  EXPECT_EQ(cell.verdict, "inconclusive");
  EXPECT_THAT(cell.reasons, Contains(StartsWith("unstable: 7 of 9 trials were disturbed")));
  EXPECT_EQ(cell.decode_tps.n, 9) << "what was seen is shown";
  EXPECT_NEAR(cell.decode_tps.lo, 32.5, 0.5) << "as a range, slowest to fastest";
  EXPECT_NEAR(cell.decode_tps.hi, 65, 1);
  EXPECT_EQ(view.unstable, 1);
  EXPECT_EQ(view.flagged, 0) << "half as fast, but not by itself";
  EXPECT_EQ(cell.quality.n, 150) << "what it answers does not depend on its neighbours";
  EXPECT_THAT(ShowTable(view, Colour::kNo, 100), HasSubstr("~"));
}

TEST_F(Unstable, ASpoiltQualityIsFlaggedAllTheSame) {
  rows_ = SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 4, .tps = 65, .right = 0.3}});
  Disturb(1, 0, 9, 2);
  const SweepView view = Analyse(rows_);
  EXPECT_EQ(ViewOf(view, 1).verdict, "flagged");
}

// Every trial of every cell: a machine that others use all the time.
TEST_F(Unstable, ANightOfNoiseStillEndsWithSomethingToDo) {
  for (size_t cell = 0; cell < 3; ++cell) Disturb(cell, 0, 99, 1.5);
  const SweepView view = Analyse(rows_);
  EXPECT_EQ(view.unstable, 3);
  EXPECT_EQ(view.flagged + view.improved, 0);
  const Recommendation& r = view.models[0].recommendation;
  EXPECT_EQ(r.cell_id, rows_.cells[0].cell_id) << "the setting that nobody has to trust";
  EXPECT_THAT(r.deploy_native, HasSubstr("moebench generate"));
  EXPECT_THAT(r.why, HasSubstr("2 of 2 settings, the baseline among them, were disturbed"));
  EXPECT_THAT(r.why, HasSubstr("For orientation, from all trials: k=4"));
  EXPECT_THAT(r.why, HasSubstr("about 1.3 times the baseline"));
}

// A neighbour that slowed the baseline down would make the other look faster than bytes allow.
TEST_F(Unstable, ADisturbedBaselineRefusesNobody) {
  Disturb(0, 0, 99, 4);
  EXPECT_THAT(ViewOf(Analyse(rows_), 2).status, Not(StartsWith("invalid")));
  EXPECT_EQ(ViewOf(Analyse(rows_), 2).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(Analyse(rows_), 2).reasons,
              Contains(HasSubstr("unstable: of the baseline 12 of 12 trials")));
}

// Slowed all night by what nobody saw: its A/A copy tells.
TEST_F(Unstable, ABaselineSlowerThanItsCopyIsWhatIsDoubtful) {
  rows_ = SweepOf({{.k = 8, .tps = 30, .baseline = true},
                   {.k = 8, .tps = 50, .control = 1},
                   {.k = 4, .tps = 65, .max_speedup = 1.5}});
  const SweepView view = Analyse(rows_);
  const CellView& cell = ViewOf(view, 2);
  EXPECT_EQ(cell.status, "ok");
  EXPECT_EQ(cell.verdict, "inconclusive");
  EXPECT_THAT(cell.reasons,
              Contains(StartsWith("the baseline is what is doubtful: x2.17 over it")));
  EXPECT_THAT(cell.reasons, Contains(HasSubstr("over its A/A copy it is x1.30 [")));
  EXPECT_EQ(view.models[0].recommendation.cell_id, rows_.cells[0].cell_id);
}

TEST_F(Unstable, ACopyAsSlowAsTheBaselineExcusesNobody) {
  rows_ = SweepOf({{.k = 8, .tps = 30, .baseline = true},
                   {.k = 8, .tps = 30, .control = 1},
                   {.k = 4, .tps = 65, .max_speedup = 1.5}});
  EXPECT_THAT(ViewOf(Analyse(rows_), 2).status, StartsWith("invalid(suspect: faster than"));
}

TEST_F(Unstable, ABaselineOfWhichTrialsWereDisturbedIsDoubtfulIfItsBestOneSaysSo) {
  rows_ = SweepOf({{.k = 8, .tps = 30, .baseline = true}, {.k = 4, .tps = 65, .max_speedup = 1.5}});
  Disturb(0, 0, 3, 1.2);
  EXPECT_THAT(ViewOf(Analyse(rows_), 1).status, StartsWith("invalid(suspect: faster than"))
      << "its undisturbed trials agree";
  TrialRecord& best = *TrialsOf(rows_, rows_.cells[0].cell_id)[5];
  best.decode_ms *= 0.6;
  for (float& ms : best.inter_token_ms) ms *= 0.6f;
  EXPECT_EQ(ViewOf(Analyse(rows_), 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(Analyse(rows_), 1).reasons,
              Contains(StartsWith("the baseline is what is doubtful: 3 of 12 trials")));
}

TEST_F(Unstable, MoreProcessesAreAskedFor) {
  Disturb(2, 0, 8, 2);
  bool asked = false;
  for (const OpenQuestion& question : OpenQuestions(rows_, {})) {
    if (question.cell_id != rows_.cells[2].cell_id) continue;
    EXPECT_EQ(question.half_width, 1);
    EXPECT_FALSE(question.suspect) << "a second look needs a first one";
    asked = true;
  }
  EXPECT_TRUE(asked);
}

TEST_F(Unstable, ADisturbedNightIsNoPartOfAnyHistory) {
  SweepRows night = rows_;
  for (TrialRecord& trial : night.trials) trial.unstable = kWhy;
  const CellNight disturbed = NightOfCell(SpeedsOf(night), rows_.cells[2].cell_id);
  EXPECT_EQ(disturbed.absolute.processes, 0);
  EXPECT_EQ(disturbed.relative.processes, 0);
  EXPECT_EQ(NightOfCell(SpeedsOf(rows_), rows_.cells[2].cell_id).absolute.processes, 3);
}

TEST_F(Unstable, ADisturbedSecondLookConfirmsNothing) {
  rows_ = SweepOf({{.k = 8, .tps = 50, .baseline = true}, {.k = 4, .tps = 40}});
  ASSERT_EQ(ViewOf(Analyse(rows_), 1).verdict, "flagged");
  SessionRecord second = rows_.sessions[0];
  second.id = 99;
  second.rerun = true;
  rows_.sessions.push_back(second);
  for (const size_t cell : {0, 1, 1, 0}) {
    TrialRecord trial = *TrialsOf(rows_, rows_.cells[cell].cell_id)[0];
    trial.session_id = 99;
    trial.order = static_cast<int>(rows_.trials.size());
    trial.unstable = kWhy;
    rows_.trials.push_back(trial);
  }
  EXPECT_EQ(ViewOf(Analyse(rows_), 1).verdict, "inconclusive");
  EXPECT_THAT(ViewOf(Analyse(rows_), 1).reasons,
              Contains("not confirmed: the second look was disturbed"));
}

}  // namespace
}  // namespace moebench
