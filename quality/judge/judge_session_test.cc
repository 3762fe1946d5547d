#include "quality/judge/judge_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/base/error.h"
#include "quality/judge/judge_prompt.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<JudgeItem> Items(int n) {
  std::vector<JudgeItem> items;
  for (int i = 0; i < n; ++i)
    items.push_back({"item-" + std::to_string(i), "Q" + std::to_string(i), ""});
  return items;
}

// Answers "good" or, where the item's number is below bad, "poor".
JudgeArm Arm(const std::string& id, int n, int bad, bool baseline = false) {
  JudgeArm arm{id, baseline, {}};
  for (int i = 0; i < n; ++i) {
    arm.answers["item-" + std::to_string(i)] = (i < bad ? "poor " : "good ") + std::to_string(i);
  }
  return arm;
}

std::string Rubric(int score) {
  return "{\"reason\": \"r\", \"score\": " + std::to_string(score) + "}";
}

// Gives "good" 3 points, "poor" 1, prefers "good"; reads nothing but what it is shown.
struct FairJudge {
  std::vector<JudgePrompt> asked;
  JudgeModel Model() {
    return {"test", [this](const JudgePrompt& prompt) {
              asked.push_back(prompt);
              return JudgeReply{
                  .text = Answer(prompt), .model = "m", .input_tokens = 1000, .output_tokens = 10};
            }};
  }
  static std::string Answer(const JudgePrompt& prompt) {
    const std::size_t good = prompt.user.find("good ");
    const std::size_t poor = prompt.user.find("poor ");
    if (!prompt.system.starts_with("You compare")) return Rubric(good < poor ? 3 : 1);
    return good < poor ? R"({"reason": "", "better": "A"})" : R"({"reason": "", "better": "B"})";
  }
};

std::vector<Judgment> RunAll(const std::vector<JudgeTask>& tasks, const JudgeModel& judge,
                             const JudgeOptions& options = {}, JudgeRun* run = nullptr,
                             std::map<std::string, Judgment> known = {}) {
  std::vector<Judgment> judgments;
  const JudgeRun ran = RunJudging(tasks, judge, options, std::move(known),
                                  [&](const Judgment& j) { judgments.push_back(j); });
  if (run != nullptr) *run = ran;
  return judgments;
}

TEST(JudgePlan, HoldsEveryAnswerBothOrdersAndTheControls) {
  const auto tasks = PlanJudging(Items(6), {Arm("base", 6, 0, true), Arm("k4", 6, 2)}, {.seed = 3});
  const auto count = [&](JudgeKind kind) {
    return std::count_if(tasks.begin(), tasks.end(), [&](const auto& t) { return t.kind == kind; });
  };
  EXPECT_EQ(count(JudgeKind::kRubric), 12);
  EXPECT_EQ(count(JudgeKind::kPair), 4);  // two items differ; equal texts are ties
  EXPECT_EQ(count(JudgeKind::kCanary), static_cast<long>(Canaries().size()));
}

TEST(JudgePlan, ArmsAreShuffledBySeedAndItemsStayTogether) {
  const std::vector<JudgeArm> arms = {Arm("base", 40, 0, true), Arm("k4", 40, 40)};
  const auto tasks = PlanJudging(Items(40), arms, {.seed = 3});
  const auto order = [](const std::vector<JudgeTask>& all) {
    std::string text;
    for (const JudgeTask& task : all) text += task.item_id + task.cell_id + ';';
    return text;
  };
  EXPECT_EQ(order(tasks), order(PlanJudging(Items(40), arms, {.seed = 3})));
  EXPECT_NE(order(tasks), order(PlanJudging(Items(40), arms, {.seed = 4})));
  std::set<std::string> seen;
  std::string last;
  int base_first = 0;
  for (const JudgeTask& task : tasks) {
    if (task.kind == JudgeKind::kCanary) continue;
    if (task.item_id != last) {
      EXPECT_TRUE(seen.insert(task.item_id).second);
      base_first += task.cell_id == "base" ? 1 : 0;
    }
    last = task.item_id;
  }
  EXPECT_GT(base_first, 1);
  EXPECT_LT(base_first, 25);  // one of four tasks; not always in front
}

TEST(JudgePlan, ABudgetTakesWholeItems) {
  const std::vector<JudgeArm> arms = {Arm("base", 9, 0, true), Arm("k4", 9, 9)};
  const int controls = static_cast<int>(Canaries().size());
  const auto tasks = PlanJudging(Items(9), arms, {.max_requests = controls + 4 * 2 + 3});
  EXPECT_EQ(tasks.size(), static_cast<size_t>(controls + 4 * 2));
  EXPECT_EQ(PlanJudging(Items(9), arms, {.max_items = 3}).size(),
            static_cast<size_t>(controls + 12));
}

TEST(JudgeSession, IsBlind) {
  FairJudge judge;
  const auto tasks =
      PlanJudging(Items(3), {Arm("cell-base", 3, 0, true), Arm("cell-k4", 3, 3)}, {});
  RunAll(tasks, judge.Model());
  for (const JudgePrompt& prompt : judge.asked) {
    EXPECT_THAT(prompt.system + prompt.user, Not(HasSubstr("cell-")));
    EXPECT_THAT(prompt.system + prompt.user, Not(HasSubstr("item-")));
  }
}

TEST(JudgeSession, ScoresAreThoseOfTheAnswersWhateverTheOrder) {
  FairJudge judge;
  JudgeRun run;
  const auto tasks = PlanJudging(Items(5), {Arm("base", 5, 0, true), Arm("k4", 5, 5)}, {});
  const auto judgments = RunAll(tasks, judge.Model(), {}, &run);
  EXPECT_EQ(run.stopped, "");
  EXPECT_EQ(run.done, static_cast<int>(tasks.size()));
  for (const Judgment& j : judgments) {
    EXPECT_EQ(j.outcome, "ok");
    EXPECT_EQ(j.prompt_hash, JudgePromptHash());
    if (j.kind == JudgeKind::kRubric) {
      EXPECT_EQ(j.score, j.cell_id == "base" ? 3 : 1);
    }
    if (j.kind == JudgeKind::kPair) {
      EXPECT_EQ(j.score, -1);  // both orders
    }
  }
}

TEST(JudgeSession, AJudgeThatAlwaysPrefersAIsHeardAsOneEach) {
  const JudgeModel judge{"a", [](const JudgePrompt&) {
                           return JudgeReply{.text = R"({"reason": "", "better": "A"})"};
                         }};
  const auto tasks = PlanJudging(Items(1), {Arm("base", 1, 0, true), Arm("k4", 1, 1)}, {});
  int sum = 0, pairs = 0;
  for (const Judgment& j : RunAll(tasks, judge)) {
    if (j.kind != JudgeKind::kPair) continue;
    ++pairs;
    sum += j.score;
  }
  EXPECT_EQ(pairs, 2);
  EXPECT_EQ(sum, 0);
}

TEST(JudgeSession, AnUnreadableReplyIsAskedForOnceMore) {
  int asked = 0;
  const JudgeModel judge{"j", [&](const JudgePrompt& prompt) {
                           ++asked;
                           const bool again = prompt.user.ends_with("that object alone.");
                           return JudgeReply{.text = again ? Rubric(2) : "I give it a 3."};
                         }};
  const std::vector<JudgeTask> one = {{.cell_id = "c", .item_id = "i", .answer = "x"}};
  const auto judgments = RunAll(one, judge);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(judgments[0].score, 2);
  EXPECT_EQ(judgments[0].requests, 2);
}

TEST(JudgeSession, TwoUnreadableRepliesAreInvalidAndKept) {
  JudgeRun run;
  const JudgeModel judge{"j", [&](const JudgePrompt&) { return JudgeReply{.text = "Score: 3/3"}; }};
  const std::vector<JudgeTask> one = {{.cell_id = "c", .item_id = "i", .answer = "x"}};
  const auto judgments = RunAll(one, judge, {}, &run);
  EXPECT_EQ(judgments[0].outcome, "judge_invalid");
  EXPECT_EQ(judgments[0].reply, "Score: 3/3");
  EXPECT_EQ(judgments[0].score, 0);
  EXPECT_EQ(run.invalid, 1);
}

TEST(JudgeSession, TheSameContentIsAskedOnce) {
  FairJudge judge;
  const auto tasks = PlanJudging(
      Items(4), {Arm("base", 4, 0, true), Arm("k6", 4, 0), Arm("k4", 4, 0)}, {.seed = 9});
  JudgeRun run;
  const auto judgments = RunAll(tasks, judge.Model(), {}, &run);
  EXPECT_EQ(judgments.size(), 12 + Canaries().size());
  EXPECT_EQ(run.requests, static_cast<int>(4 + Canaries().size()));
  // Of an earlier part of the session, too.
  std::map<std::string, Judgment> known;
  for (const Judgment& j : judgments) known[j.content_hash] = j;
  RunAll(tasks, judge.Model(), {}, &run, known);
  EXPECT_EQ(run.requests, 0);
}

TEST(JudgeSession, EndsWithItsBudget) {
  FairJudge judge;
  JudgeRun run;
  const auto tasks = PlanJudging(Items(40), {Arm("base", 40, 0, true)}, {});
  RunAll(tasks, judge.Model(), {.budget = {.max_requests = 7}}, &run);
  EXPECT_EQ(run.requests, 7);
  EXPECT_THAT(run.stopped, HasSubstr("7 requests"));
  // 1000 tokens in for 2 USD and 10 out for 5 USD a million: 0.00205 USD each.
  RunAll(tasks, judge.Model(),
         {.budget = {.max_usd = 0.01, .usd_per_million_input = 2, .usd_per_million_output = 5}},
         &run);
  EXPECT_EQ(run.requests, 5);
  EXPECT_NEAR(run.usd, 0.01025, 1e-9);
  EXPECT_THAT(run.stopped, HasSubstr("0.01 USD"));
}

TEST(JudgeSession, SharesItsBudgetWithTheSessionItGoesOnWith) {
  FairJudge judge;
  JudgeRun run;
  const auto tasks = PlanJudging(Items(40), {Arm("base", 40, 0, true)}, {});
  RunAll(tasks, judge.Model(), {.budget = {.max_requests = 7}, .requests_before = 5}, &run);
  EXPECT_EQ(run.requests, 2);
  RunAll(tasks, judge.Model(), {.budget = {.max_usd = 0.01}, .usd_before = 0.01}, &run);
  EXPECT_EQ(run.requests, 0);
  EXPECT_THAT(run.stopped, HasSubstr("0.01 USD"));
}

TEST(JudgeSession, AJudgeThatCanNotAnswerEndsItWithItsReason) {
  int asked = 0;
  const JudgeModel judge{"j", [&](const JudgePrompt&) -> JudgeReply {
                           if (++asked > 3) throw Error{"answers 529", "judge", "", ExitCode::kIo};
                           return {.text = Rubric(3)};
                         }};
  JudgeRun run;
  const auto judgments = RunAll(PlanJudging(Items(9), {Arm("b", 9, 0, true)}, {}), judge, {}, &run);
  EXPECT_EQ(judgments.size(), 3u);
  EXPECT_THAT(run.stopped, HasSubstr("answers 529"));
}

std::map<std::string, int> FairScores() {
  std::map<std::string, int> scores;
  for (const Canary& canary : Canaries()) scores[canary.id] = canary.frozen;
  return scores;
}

TEST(JudgeTrust, AFairJudgeIsTrusted) {
  EXPECT_EQ(Canaries().size(), 55u);
  const JudgeTrust trust = TrustOf(FairScores());
  EXPECT_TRUE(trust.trusted) << trust.why;
  EXPECT_EQ(trust.injection_gain, 0);
  EXPECT_EQ(trust.good_agreement, 1);
}

TEST(JudgeTrust, AJudgeThatBelievesInjectionsIsNot) {
  auto scores = FairScores();
  for (int i = 1; i <= 3; ++i) scores["injected-0" + std::to_string(i)] = 3;
  EXPECT_THAT(TrustOf(scores).why, HasSubstr("3 of 30 wrong answers that talk to the judge pass"));
  for (const Canary& c : Canaries()) {
    if (c.kind == CanaryKind::kInjected) scores[c.id] = 3;
  }
  EXPECT_THAT(TrustOf(scores).why, HasSubstr("gain 2.00 of 3 points"));
  EXPECT_FALSE(TrustOf(scores).trusted);
}

TEST(JudgeTrust, OneThatGivesPointsForNothingIsNot) {
  auto scores = FairScores();
  scores["degenerate-02"] = 1;
  EXPECT_THAT(TrustOf(scores).why, HasSubstr("1 empty or meaningless answers get points"));
}

TEST(JudgeTrust, OneThatMissesRightAnswersIsNot) {
  auto scores = FairScores();
  scores["good-01"] = 1;
  EXPECT_TRUE(TrustOf(scores).trusted);  // 90 %
  scores["good-02"] = 0;
  EXPECT_THAT(TrustOf(scores).why, HasSubstr("only 80.00 % of right answers"));
}

TEST(JudgeTrust, ControlsThatWereNotJudgedAreNoProof) {
  auto scores = FairScores();
  scores.erase("good-05");
  EXPECT_THAT(TrustOf(scores).why, HasSubstr("1 of 55 control answers"));
  EXPECT_FALSE(TrustOf({}).trusted);
}

}  // namespace
}  // namespace moebench
