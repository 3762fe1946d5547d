#include "runners/native/decode/choice_scorer.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/decode/distribution.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

// Passes of other sizes add up in another order.
constexpr double kRounding = 1e-3;

std::vector<int> OneCpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return {cpu};
}

std::vector<TokenChoice> SomeChoices() {
  return {{.tokens = {3, 50, 7, 20, 9, 11}, .first = 4},
          {.tokens = {3, 50, 7, 20, 77}, .first = 4},
          {.tokens = {3, 50, 7, 20, 9, 11, 12, 13}, .first = 4},
          {.tokens = {3, 50, 8, 21}, .first = 3}};
}

class ChoiceScorerTest : public testing::TestWithParam<const char*> {
 protected:
  ChoiceScorerTest()
      : file_(BuildTinyModel(Named(GetParam())).Build()),
        engine_(GgufFile::Open(file_.path()), {.thread_cpus = OneCpu(), .context_tokens = 64}),
        scorer_(engine_.transformer()) {}

  static TinyModel Named(const std::string& name) {
    const std::vector<TinyModel> all = TinyModels();
    return *std::find_if(all.begin(), all.end(),
                         [&](const TinyModel& model) { return model.name == name; });
  }

  const TempFile file_;
  Engine engine_;
  ChoiceScorer scorer_;
};

TEST_P(ChoiceScorerTest, EachIsScoredAsIfItStoodAlone) {
  const std::vector<TokenChoice> choices = SomeChoices();
  const std::vector<ChoiceScores> scores = scorer_.Run(choices, 4);
  ASSERT_EQ(scores.size(), choices.size());
  EXPECT_EQ(engine_.transformer().stats().k_max, 4);
  for (size_t c = 0; c < choices.size(); ++c) {
    const std::vector<int>& tokens = choices[c].tokens;
    const std::vector<float> logits = engine_.Logits(tokens, 4);
    const size_t first = static_cast<size_t>(choices[c].first);
    ASSERT_EQ(scores[c].log_p.size(), tokens.size() - first);
    bool greedy = true;
    for (size_t i = first; i < tokens.size(); ++i) {
      const Distribution wanted = ReadLogits(std::span(logits).subspan((i - 1) * 128, 128));
      EXPECT_NEAR(scores[c].log_p[i - first], LogP(wanted, tokens[i]), kRounding);
      greedy = greedy && wanted.top == tokens[i];
    }
    EXPECT_EQ(scores[c].greedy, greedy);
  }
}

TEST_P(ChoiceScorerTest, TheOrderOfChoicesDoesNotMatter) {
  std::vector<TokenChoice> choices = SomeChoices();
  const std::vector<ChoiceScores> forwards = scorer_.Run(choices, 4);
  std::reverse(choices.begin(), choices.end());
  const std::vector<ChoiceScores> backwards = scorer_.Run(choices, 4);
  for (size_t c = 0; c < choices.size(); ++c) {
    EXPECT_EQ(forwards[c].log_p, backwards[choices.size() - 1 - c].log_p);
  }
}

TEST_P(ChoiceScorerTest, NothingBeforeOrBehindIsRefused) {
  EXPECT_TRUE(scorer_.Run({}, 4).empty());
  EXPECT_THROW(scorer_.Run(std::vector<TokenChoice>{{.tokens = {3, 4}, .first = 0}}, 4), Error);
  EXPECT_THROW(scorer_.Run(std::vector<TokenChoice>{{.tokens = {3, 4}, .first = 2}}, 4), Error);
}

// With attention only, and with recurrent layers, whose state must go back.
INSTANTIATE_TEST_SUITE_P(All, ChoiceScorerTest, testing::Values("qwen3vlmoe", "qwen3next"));

}  // namespace
}  // namespace moebench
