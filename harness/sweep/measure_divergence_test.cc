#include "harness/sweep/measure_divergence.h"

#include <algorithm>

#include "harness/sweep/testing/run_sweep_fixture.h"

namespace moebench {
namespace {

using testing::HasSubstr;

TextScore TwoArms(const TextScoreRequest& request) {
  TextScore score{.text_tokens = 99, .text_windows = 3, .windows = 1, .scored_per_window = 2};
  for (const int k : request.ks) {
    score.arms.push_back(
        {.log_p = {-1, -2}, .top = {5, k}, .k_executed_min = k, .k_executed_max = k});
  }
  score.arms[1].kl = {0.5F, 0};
  return score;
}

class DivergenceTest : public RunSweepTest {
 protected:
  DivergenceTest() {
    prepare_ = [this](ScriptedRunner& runner) {
      runner.on_score_text = [this](const TextScoreRequest& request) {
        asked_.push_back(request);
        return answer_(request);
      };
    };
  }
  void SetUp() override {
    RunSweepTest::SetUp();
    plan_.spec.divergence_windows = 3;
    PlanDivergence("Once upon a time.", plan_);
  }
  std::vector<TextScoreRequest> asked_;
  std::function<TextScore(const TextScoreRequest&)> answer_ = TwoArms;
};

TEST_F(DivergenceTest, EveryCellIsHeldAgainstTheModelsOwnExpertCountOnce) {
  EXPECT_EQ(plan_.models[0].window_tokens, 512);
  EXPECT_EQ(plan_.models[0].context_tokens, 512);
  Run();
  ASSERT_EQ(sink_.divergences.size(), plan_.models[0].cells.size());
  for (const DivergenceRecord& d : sink_.divergences) {
    EXPECT_EQ(d.base_k, 8);
    EXPECT_EQ(d.per_window, 2);
    EXPECT_EQ(d.base_log_p.size(), 2u);
    EXPECT_EQ(d.same_top, d.k_executed_min == 8 ? "11" : "10");
  }
  EXPECT_EQ(asked_.front().text, "Once upon a time.");
  EXPECT_EQ(asked_.front().max_windows, 3);
  asked_.clear();
  Run();
  EXPECT_TRUE(asked_.empty());
}

TEST_F(DivergenceTest, ARunnerThatTellsNoProbabilitiesLosesNothingElse) {
  answer_ = [](const TextScoreRequest&) -> TextScore {
    throw Error{"doesn't tell probabilities", "this runner", "", ExitCode::kConfig};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_TRUE(sink_.divergences.empty());
  EXPECT_EQ(EndOf(4), Ended(Status::kOk, ""));
  const auto notes = std::count_if(events_.begin(), events_.end(), [](const SweepEvent& event) {
    return event.text.find("doesn't tell probabilities") != std::string::npos;
  });
  EXPECT_EQ(notes, 1);
}

TEST_F(DivergenceTest, AnotherExpertCountThanAskedForIsInvalid) {
  answer_ = [](const TextScoreRequest& request) {
    TextScore score = TwoArms(request);
    score.arms[1].k_executed_min = score.arms[1].k_executed_max = 8;
    return score;
  };
  Run();
  EXPECT_EQ(EndOf(4), Ended(Status::kInvalid, "not_obeyed: asked k = 4 of the text, ran 8 to 8"));
}

TEST_F(DivergenceTest, NoneIsMeasuredWhereNoneIsWanted) {
  plan_ = PlanWith({4});
  plan_.spec.divergence_windows = 0;
  PlanDivergence("text", plan_);
  Run();
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace moebench
