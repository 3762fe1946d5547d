#include "harness/sweep/measure.h"

#include <gmock/gmock.h>

#include <set>

#include "harness/base/error.h"

namespace moebench {
namespace {

TEST(BundledSuite, IsReadableGradableAndSpreadOverDomains) {
  const Suite suite = LoadSuite(std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo");
  EXPECT_GE(suite.items.size(), 100u);
  EXPECT_GE(suite.speed.size(), 4u);
  EXPECT_NO_THROW(CheckGraders(suite.items));
  std::set<std::string> categories;
  for (const Item& item : suite.items) categories.insert(item.category);
  EXPECT_GE(categories.size(), 6u);
}

TEST(CheckGraders, NamesTheItem) {
  const std::vector<Item> items = {{.id = "a-1", .grader_kind = "exakt", .expected = {"x"}}};
  try {
    CheckGraders(items);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "item a-1: 'exakt' is not a grader; did you mean 'exact'?");
  }
}

// Holds the continuation with the letter x in it the more probable one.
class ChoosingRunner : public Runner {
 public:
  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest&, const Progress&) override { return {}; }
  void Warm() override {}
  GenerateResult Generate(const GenerateRequest&) override { return {}; }
  PlacementProof ReadPlacement() override { return {}; }
  ChoiceScore ScoreChoices(const ChoiceScoreRequest& request) override {
    ChoiceScore score;
    for (const std::string& text : request.continuations) {
      const bool likely = (request.prompt + text).find('x') != std::string::npos;
      score.continuations.push_back({.log_p = {likely ? -1.0f : -2.0f, -0.5f}});
    }
    score.prompt_tokens = 7;
    return score;
  }
};

TEST(AnswerItems, ChoicesAreScoredNotWritten) {
  ChoosingRunner runner;
  const Item right = {
      .id = "a", .prompt = "Q", .grader_kind = "choices", .choices = {" no", " x"}, .gold = 1};
  Item wrong = right;
  wrong.id = "b";
  wrong.gold = 0;
  Item within = right;  // the choices stand in the prompts
  within.id = "c";
  within.choices = {" was it", " was it"};
  within.choice_prompts = {"because x", "because y"};
  within.gold = 0;
  const std::vector<Item> items = {right, wrong, within};
  const std::vector<AnswerRecord> answers = AnswerItems(runner, Cell{}, items, {});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].outcome, "right");
  EXPECT_EQ(answers[0].answer, " x");
  EXPECT_EQ(answers[0].detail, "ln p -2.500, -1.500; chose 2, right is 2");
  EXPECT_EQ(answers[0].prompt_tokens, 7);
  EXPECT_EQ(answers[0].generated_tokens, 0);
  EXPECT_EQ(answers[1].outcome, "wrong");
  EXPECT_EQ(answers[2].outcome, "right");
}

}  // namespace
}  // namespace moebench
