#include "results/history.h"

#include <gmock/gmock.h>

#include <cmath>

#include "harness/base/rng.h"
#include "results/analysis.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kNights = 12;

// The same three settings night after night; `factors` are what each is worth tonight.
struct Factors {
  double base = 1, k4 = 1, k2 = 1;
};
SweepRows NightAt(int64_t id, const Factors& f, Rng& rng) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 50 * f.base, .baseline = true},
                            {.k = 4, .tps = 65 * f.k4},
                            {.k = 2, .tps = 70 * f.k2},
                            {.k = 8, .tps = 50 * f.base, .control = 1}},
                           {.sessions = 4, .rounds = 3});
  rows.sweep.id = id;
  rows.sweep.machine_hash = "machine";
  rows.sweep.config_json = R"({"flag_below":0.1,"suite_hash":"s","max_tokens":32})";
  const double night = 0.01 * rng.Normal();  // all cells alike
  for (TrialRecord& trial : rows.trials) {
    const double slower = std::exp(night + 0.003 * rng.Normal());
    trial.decode_ms *= slower;
    for (float& ms : trial.inter_token_ms) ms = static_cast<float>(ms * slower);
  }
  return rows;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    for (int night = 1; night <= kNights; ++night) {
      history_.past.push_back(SpeedsOf(NightAt(night, {}, rng_)));
    }
  }
  SweepView Tonight(const Factors& factors) {
    rows_ = NightAt(kNights + 1, factors, rng_);
    return Analyse(rows_, history_);
  }
  static const CellView& CellAt(const SweepView& view, int k) {
    for (const CellView& cell : view.models.at(0).cells) {
      if (cell.record.cell.k == k && cell.record.cell.control == 0) return cell;
    }
    throw std::runtime_error("no such cell");
  }
  // The second look of tonight's sweep: k = 4 over the baseline.
  void AddRerun(double ratio) {
    SessionRecord session = rows_.sessions[0];
    session.id = 900;
    session.rerun = true;
    rows_.sessions.push_back(session);
    const std::string base = rows_.cells[0].cell_id, cell = rows_.cells[1].cell_id;
    for (int order = 0; order < 8; ++order) {
      const bool b = order % 4 == 1 || order % 4 == 2;
      TrialRecord trial = *TrialsOf(rows_, b ? cell : base)[0];
      trial.session_id = 900;
      trial.order = order;
      const double tps = b ? 50 * ratio : 50;
      trial.inter_token_ms.assign(31, static_cast<float>(1e3 / tps));
      trial.decode_ms = 31 * 1e3 / tps;
      rows_.trials.push_back(trial);
    }
  }

  Rng rng_{11};
  History history_;
  SweepRows rows_;
};

TEST_F(HistoryTest, AQuietNightIsOk) {
  const SweepView view = Tonight({});
  EXPECT_EQ(view.regressed, 0);
  EXPECT_THAT(view.machine_alarm, IsEmpty());
  const HistoryView& h = CellAt(view, 4).history;
  EXPECT_EQ(h.nights, 7);
  EXPECT_EQ(h.noise_nights, kNights);
  EXPECT_EQ(h.verdict, "ok");
  EXPECT_LT(h.night_sd, 0.02);
  EXPECT_NEAR(h.ratio.median, 1, 0.02);
  EXPECT_EQ(view.aa.cells, kNights + 1);
  EXPECT_EQ(view.aa.flagged, 0);
}

TEST_F(HistoryTest, ALossThatASecondLookConfirmsIsFlagged) {
  Tonight({.k4 = 0.8});
  AddRerun(0.8 * 65 / 50);
  const SweepView view = Analyse(rows_, history_);
  const CellView& cell = CellAt(view, 4);
  EXPECT_EQ(cell.history.verdict, "flagged");
  EXPECT_EQ(cell.verdict, "flagged");
  EXPECT_THAT(cell.reasons[0], HasSubstr("regressed: decode -20 %"));
  EXPECT_THAT(cell.reasons[0], HasSubstr("against its last 7 nights, beside the baseline"));
  EXPECT_EQ(view.regressed, 1);
  EXPECT_EQ(CellAt(view, 2).history.verdict, "ok");
}

TEST_F(HistoryTest, ALossThatTheSecondLookDoesNotShowIsNone) {
  Tonight({.k4 = 0.8});
  AddRerun(65.0 / 50);
  const SweepView view = Analyse(rows_, history_);
  EXPECT_NE(CellAt(view, 4).history.verdict, "flagged");
  EXPECT_EQ(view.regressed, 0);
}

TEST_F(HistoryTest, WithoutASecondLookTheNextNightDecides) {
  EXPECT_EQ(CellAt(Tonight({.k4 = 0.8}), 4).history.verdict, "inconclusive");
  history_.past.push_back(SpeedsOf(rows_));
  EXPECT_EQ(CellAt(Tonight({.k4 = 0.8}), 4).history.verdict, "flagged");
}

TEST_F(HistoryTest, AllCellsTogetherAreOneAlarmOfTheMachine) {
  const SweepView view = Tonight({.base = 0.8, .k4 = 0.8, .k2 = 0.8});
  EXPECT_THAT(view.machine_alarm, HasSubstr("3 of 3 cells moved together, decode -"));
  EXPECT_TRUE(view.machine_slower);
  EXPECT_EQ(view.regressed, 0);
  for (const int k : {8, 4, 2}) EXPECT_NE(CellAt(view, k).history.verdict, "flagged");
}

TEST_F(HistoryTest, ABaselineThatBecameFasterMakesNoOtherCellSlower) {
  Tonight({.base = 1.25});
  history_.past.push_back(SpeedsOf(rows_));
  const SweepView view = Tonight({.base = 1.25});
  EXPECT_EQ(CellAt(view, 4).history.verdict, "ok");
  EXPECT_EQ(CellAt(view, 8).history.verdict, "improved");
}

TEST_F(HistoryTest, AnAcceptedChangeIsTheNewMeasure) {
  Tonight({.k4 = 0.8});
  history_.past.push_back(SpeedsOf(rows_));
  history_.marks.push_back({kNights + 1, BaselineKind::kPromoted, "", ""});
  const HistoryView h = CellAt(Tonight({.k4 = 0.8}), 4).history;
  EXPECT_EQ(h.nights, 1);
  EXPECT_EQ(h.verdict, "ok");
}

TEST_F(HistoryTest, ThePinnedSweepStandsBesideTheLastNights) {
  history_.marks.push_back({1, BaselineKind::kPinned, "", ""});
  const HistoryView h = CellAt(Tonight({.k4 = 0.9}), 4).history;
  EXPECT_EQ(h.pinned_sweep, 1);
  EXPECT_NEAR(h.pinned_ratio, 0.9, 0.03);
}

TEST_F(HistoryTest, OtherMachinesAndOtherSuitesAreNoHistory) {
  for (PastSweep& then : history_.past) then.sweep.machine_hash = "other";
  EXPECT_EQ(CellAt(Tonight({}), 4).history.nights, 0);
  for (PastSweep& then : history_.past) {
    then.sweep.machine_hash = "machine";
    then.sweep.config_json = R"({"suite_hash":"t","max_tokens":32})";
  }
  EXPECT_EQ(CellAt(Tonight({}), 4).history.nights, 0);
  EXPECT_EQ(CellAt(Tonight({}), 4).history.verdict, "");
}

TEST_F(HistoryTest, ASlowLossIsADrift) {
  for (size_t night = 0; night < history_.past.size(); ++night) {
    if (night < 6) continue;
    for (PastTrial& trial : history_.past[night].trials) trial.decode_tps *= 0.93;
  }
  const SweepView view = Tonight({.base = 0.93, .k4 = 0.93, .k2 = 0.93});
  EXPECT_THAT(CellAt(view, 4).history.drift, HasSubstr(" % since"));
}

// Answers are greedy: what a setting answers tonight is held against what it answered first.
class AnswersOfThePast : public HistoryTest {
 protected:
  AnswersOfThePast() {
    const SweepRows first = NightAt(1, {}, rng_);
    for (const AnswerRecord& answer : first.answers) {
      PastAnswers& past = history_.answers[answer.cell_id];
      past.sweep_id = 1;
      past.answers.push_back(answer);
    }
    rows_ = NightAt(kNights + 1, {}, rng_);
  }
  // Every third right answer of the cells with this k becomes wrong.
  void Spoil(int k) {
    int right = 0;
    for (AnswerRecord& answer : rows_.answers) {
      for (const CellRecord& cell : rows_.cells) {
        if (cell.cell_id != answer.cell_id || cell.cell.k != k || answer.score < 1) continue;
        if (++right % 3 != 0) continue;
        answer.score = 0;
        answer.outcome = "wrong";
        answer.answer = "rubbish";
      }
    }
  }
};

TEST_F(AnswersOfThePast, TheSameAnswersAreFine) {
  const SweepView view = Analyse(rows_, history_);
  EXPECT_EQ(view.regressed, 0);
  EXPECT_EQ(CellAt(view, 4).history.quality_verdict, "ok");
  EXPECT_EQ(CellAt(view, 4).history.quality_sweep, 1);
  EXPECT_EQ(CellAt(view, 4).history.quality_reason, "");
}

TEST_F(AnswersOfThePast, WorseOnesAreARegression) {
  Spoil(4);
  const SweepView view = Analyse(rows_, history_);
  const CellView& cell = CellAt(view, 4);
  EXPECT_EQ(view.regressed, 1);
  EXPECT_EQ(cell.verdict, "flagged");
  EXPECT_THAT(cell.reasons.front(), HasSubstr("regressed: quality -33 % ["));
  EXPECT_THAT(cell.reasons.front(), HasSubstr("against its own answers in sweep 1"));
}

// An engine that breaks breaks the baseline too, and then nothing stands beside it tonight.
TEST_F(AnswersOfThePast, TheBaselineItselfIsJudged) {
  Spoil(8);
  const SweepView view = Analyse(rows_, history_);
  EXPECT_EQ(CellAt(view, 8).verdict, "flagged");
  EXPECT_EQ(view.regressed, 1) << "its A/A copy is no setting of its own";
}

}  // namespace
}  // namespace moebench
