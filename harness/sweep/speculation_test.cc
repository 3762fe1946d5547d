// Speculative cells on their way through a sweep: passes timed, texts compared, gains predicted.
#include <gmock/gmock.h>

#include "harness/sweep/speculation_book.h"
#include "harness/sweep/testing/run_sweep_fixture.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class SpeculationTest : public RunSweepTest {
 protected:
  void SetUp() override {
    RunSweepTest::SetUp();
    Plan({"draft"});
    prepare_ = [this](ScriptedRunner& runner) {
      runner.on_generate = [this](const GenerateRequest& request, GenerateResult& result) {
        result.top_gap.assign(result.tokens.size(), 2.0F);
        if (request.decoding == "plain") return;
        asked_.push_back(request);
        result.speculation = SpeculationCounts{.steps = 5,
                                               .drafted = 20,
                                               .accepted = 10,
                                               .drafted_at = {5, 5, 5, 5},
                                               .accepted_at = {4, 3, 2, 1},
                                               .draft_ms = 2,
                                               .experts_per_step = 12,
                                               .tokens_per_pass = 5};
        result.drafted = 20;
        result.accepted = 10;
        speculative_(request, result);
      };
      runner.on_measure = [this](const MeasureRequest& request) {
        measured_.push_back(request);
        MeasureResult result;
        for (const int tokens : request.verify_tokens) {
          result.verify.push_back({.tokens = tokens, .ms = 1 + 0.1 * (tokens - 1), .n = 5});
        }
        return result;
      };
    };
  }
  void Plan(const std::vector<std::string>& decodings) {
    spec_ = plan_.spec;
    spec_.decoding = decodings;
    spec_.experts = {4};
    spec_.controls = 0;
    spec_.draft_tokens = 4;
    ModelInput model{plan_.models[0].facts, plan_.models[0].sha256, {}};
    model.abilities = {{"decoding:lookup", "decoding:draft"}, DraftInput{"d.gguf", "d", 9, ""}};
    PlanningMachine machine;
    machine.auto_policies = {"interleave"};
    machine.place = [](const std::string& policy, int) -> PlacementPlan {
      return {policy, {0, 1}, {0}};
    };
    plan_ = PlanSweep(spec_, {model}, plan_.suite, machine);
  }
  const CellRecord& CellWith(int k, const std::string& decoding) const {
    for (const CellRecord& cell : plan_.models[0].cells) {
      if (cell.cell.k == k && cell.cell.decoding == decoding) return cell;
    }
    throw Error{"no such cell", ""};
  }
  std::pair<Status, std::string> EndOfCell(int k, const std::string& decoding) const {
    return sink_.ended.at(CellWith(k, decoding).cell_id);
  }

  SweepSpec spec_;
  std::function<void(const GenerateRequest&, GenerateResult&)> speculative_ =
      [](const GenerateRequest&, GenerateResult&) {};
  std::vector<GenerateRequest> asked_;
  std::vector<MeasureRequest> measured_;
};

TEST_F(SpeculationTest, CellsRunWithTheirSettingsAndKeepTheirCounters) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOfCell(4, "draft"), std::pair(Status::kOk, std::string()));
  ASSERT_FALSE(asked_.empty());
  EXPECT_EQ(asked_[0].speculation.draft_tokens, 4);
  EXPECT_DOUBLE_EQ(asked_[0].speculation.min_probability, spec_.min_probability);
  for (const TrialRecord& trial : sink_.trials) {
    const bool draft = trial.cell_id == CellWith(4, "draft").cell_id ||
                       trial.cell_id == CellWith(8, "draft").cell_id;
    ASSERT_EQ(trial.speculation.has_value(), draft);
    EXPECT_THAT(trial.each_prompt, SizeIs(2));
    if (!draft) continue;
    EXPECT_EQ(trial.speculation->steps, 10);  // of two prompts
    EXPECT_THAT(trial.speculation->accepted_at, testing::ElementsAre(8, 6, 4, 2));
    EXPECT_DOUBLE_EQ(trial.speculation->experts_per_step, 12);
    EXPECT_EQ(trial.each_prompt[1].prompt_id, "s2");
    EXPECT_EQ(trial.each_prompt[1].accepted, 10);
    ASSERT_TRUE(trial.each_prompt[1].parity.has_value());
    EXPECT_EQ(trial.each_prompt[1].parity->diverged_at, -1);
  }
  for (const AnswerRecord& answer : sink_.answers) {
    const bool plain = answer.cell_id == CellWith(4, "plain").cell_id ||
                       answer.cell_id == CellWith(8, "plain").cell_id;
    EXPECT_EQ(answer.parity.has_value(), !plain);
  }
}

TEST_F(SpeculationTest, PassesAreTimedOnceForEachKBeforeTheTrials) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  ASSERT_THAT(measured_, SizeIs(2));  // k = 8 and 4, in the first of two sessions
  EXPECT_NE(measured_[0].k, measured_[1].k);
  EXPECT_THAT(measured_[0].verify_tokens, SizeIs(16));
  EXPECT_THAT(measured_[0].text, HasSubstr("one\ntwo"));
  EXPECT_THAT(sink_.pass_costs, SizeIs(32));
  EXPECT_EQ(sink_.pass_costs[0].session_id, 1);
}

TEST_F(SpeculationTest, PlainSweepsTimeNoPassesAndKeepNoTexts) {
  Plan({"plain"});
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_THAT(measured_, SizeIs(0));
  for (const AnswerRecord& answer : sink_.answers) EXPECT_FALSE(answer.parity);
}

TEST_F(SpeculationTest, ATextThatLeavesPlainDecodingFailsItsCell) {
  speculative_ = [](const GenerateRequest& request, GenerateResult& result) {
    if (request.k == 4 && request.ignore_eos) result.tokens[7] = 99;
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOfCell(4, "draft").first, Status::kFailed);
  EXPECT_THAT(EndOfCell(4, "draft").second,
              HasSubstr("leaves plain decoding at token 8, which preferred its own by 2.000"));
  EXPECT_EQ(EndOfCell(8, "draft").first, Status::kOk);
  EXPECT_EQ(EndOfCell(4, "plain").first, Status::kOk);
}

TEST_F(SpeculationTest, RoundingAtANearTieIsStoredAndHolds) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest& request, GenerateResult& result) {
      result.top_gap.assign(result.tokens.size(), 2.0F);
      result.top_gap[3] = 0.01F;
      if (request.decoding == "plain") return;
      result.tokens[3] = 99;
      result.speculation = SpeculationCounts{.steps = 5, .drafted = 9, .drafted_at = {9}};
    };
    runner.on_measure = [](const MeasureRequest&) { return MeasureResult{}; };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOfCell(4, "draft").first, Status::kOk);
  for (const AnswerRecord& answer : sink_.answers) {
    if (!answer.parity) continue;
    EXPECT_EQ(answer.parity->diverged_at, 3);
    EXPECT_NEAR(answer.parity->gap.value(), 0.01, 1e-6);
  }
}

TEST_F(SpeculationTest, ACellThatGuessedNothingOrTooMuchIsNotObeyed) {
  speculative_ = [](const GenerateRequest& request, GenerateResult& result) {
    if (request.k == 4) result.speculation->drafted = 0;
    if (request.k == 8) result.speculation->drafted_at = {5, 5, 5, 5, 5};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOfCell(4, "draft").first, Status::kInvalid);
  EXPECT_THAT(EndOfCell(4, "draft").second, HasSubstr("not_obeyed: asked for 'draft'"));
  EXPECT_EQ(EndOfCell(8, "draft"),
            std::pair(Status::kInvalid,
                      std::string("not_obeyed: asked for at most 4 guesses, 10 passes had more")));
}

TEST_F(SpeculationTest, ARunnerWithoutPassTimesStillMeasuresItsCells) {
  prepare_ = [base = prepare_](ScriptedRunner& runner) {
    base(runner);
    runner.on_measure = [](const MeasureRequest&) -> MeasureResult {
      throw Error{"can't be fed given tokens", "this runner"};
    };
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(EndOfCell(4, "draft").first, Status::kOk);
  EXPECT_TRUE(sink_.pass_costs.empty());
  EXPECT_TRUE(sink_.predictions.empty());
}

TEST_F(SpeculationTest, GainsArePredictedOnceFromTheFirstTrial) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  ASSERT_THAT(sink_.predictions, SizeIs(2));
  const PredictionRecord& p = sink_.predictions[0];
  EXPECT_EQ(p.source, "its first trial");
  EXPECT_EQ(p.session_id, 1);
  EXPECT_GT(p.acceptance, 0.5);
  EXPECT_LT(p.acceptance, 0.8);
  EXPECT_NEAR(p.draft_cost, 2.0 / 20, 1e-9);
  EXPECT_GT(p.guesses, 0);
  EXPECT_GT(p.speedup, 1);
}

TEST_F(SpeculationTest, AnEarlierSweepsAcceptanceIsTakenBeforeTheFirstTrial) {
  const std::string id = CellWith(4, "draft").cell_id;
  environment_.earlier_guesses = {
      "sweep 3", {{id, GuessCounts{.passes = 10, .accepted = 10, .drafted_at = {10}}}}};
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  ASSERT_THAT(sink_.predictions, SizeIs(2));
  for (const PredictionRecord& p : sink_.predictions) {
    EXPECT_EQ(p.source, p.cell_id == id ? "sweep 3" : "its first trial");
  }
}

TEST_F(SpeculationTest, Resume_TimesNoPassesAndPredictsNothingAgain) {
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  DoneWork done = sink_.Done();
  done.cells.clear();
  done.answers.clear();
  for (const int k : {8, 4}) {
    const CellRecord& cell = CellWith(k, "draft");
    done.speculation.pass_ms[PassKeyOf(cell.cell)] = {1, 1.1};
    done.speculation.predicted.insert(cell.cell_id);
  }
  measured_.clear();
  RecordingSink again;
  EXPECT_EQ(RunSweep(plan_, again, done, environment_), SweepEnd::kFinished);
  EXPECT_TRUE(measured_.empty());
  EXPECT_TRUE(again.predictions.empty());
  EXPECT_EQ(again.ended.at(CellWith(4, "draft").cell_id).first, Status::kOk);
}

}  // namespace
}  // namespace moebench
