#include "harness/sweep/parity.h"

#include <gmock/gmock.h>

#include "results/parity.h"

namespace moebench {
namespace {

using testing::HasSubstr;

TEST(Parity, EqualTextsAreEqual) {
  const ParityRecord parity = CompareTexts({{1, 2, 3}, {9, 9, 9}}, {{1, 2, 3}, {8, 8, 8}});
  EXPECT_EQ(parity.tokens, 3);
  EXPECT_EQ(parity.diverged_at, -1);
  EXPECT_TRUE(parity.Holds(kParityTolerance));
}

TEST(Parity, TheFirstDifferenceHasPlainDecodingsGap) {
  const ParityRecord parity =
      CompareTexts({{1, 2, 3, 4}, {9, 0.02F, 7, 7}}, {{1, 5, 3, 4}, {9, 3, 7, 7}});
  EXPECT_EQ(parity.diverged_at, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(parity.gap.value()), 0.02F);
  EXPECT_TRUE(parity.Holds(kParityTolerance));
}

TEST(Parity, ATextThatEndsEarlierDiffersWhereItEnds) {
  EXPECT_EQ(CompareTexts({{1, 2, 3}, {1, 1, 0.5F}}, {{1, 2}, {1, 1}}).diverged_at, 2);
  EXPECT_EQ(CompareTexts({{1, 2, 3}, {1, 1, 0.5F}}, {{1, 2}, {1, 1}}).gap, 0.5);
  // Plain decoding chose the end there and has no gap for it: the other's lead stands for it.
  EXPECT_EQ(CompareTexts({{1, 2}, {1, 1}}, {{1, 2, 3}, {1, 1, 0.25F}}).gap, 0.25);
}

TEST(Parity, AGapThatIsNotKnownDoesNotHold) {
  const ParityRecord parity = CompareTexts({{1}, {}}, {{2}, {}});
  EXPECT_FALSE(parity.gap.has_value());
  EXPECT_FALSE(parity.Holds(kParityTolerance));
}

class CountingRunner : public Runner {
 public:
  int requests = 0;
  std::string last_decoding;
  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest&, const Progress&) override { return {}; }
  void Warm() override {}
  PlacementProof ReadPlacement() override { return {}; }
  GenerateResult Generate(const GenerateRequest& request) override {
    ++requests;
    last_decoding = request.decoding;
    GenerateResult result;
    result.tokens = {request.k};
    return result;
  }
};

TEST(PlainTexts, AreGeneratedOnceAndOnlyWhereMissing) {
  CountingRunner runner;
  PlainTexts plain;
  GenerateResult known;
  known.tokens = {42};
  plain.Keep(4, "item a", known);
  GenerateRequest request;
  request.k = 4;
  request.decoding = "draft";
  EXPECT_THAT(plain.Of(runner, request, "item a").tokens, testing::ElementsAre(42));
  EXPECT_EQ(runner.requests, 0);
  request.k = 2;
  EXPECT_THAT(plain.Of(runner, request, "item a").tokens, testing::ElementsAre(2));
  plain.Of(runner, request, "item a");
  EXPECT_EQ(runner.requests, 1);
  EXPECT_EQ(runner.last_decoding, "plain");
}

TEST(Parity, TheReasonNamesTextTokenAndGap) {
  AnswerRecord answer{.item_id = "q7"};
  answer.parity = ParityRecord{.tokens = 9, .diverged_at = 4, .gap = 0.31};
  EXPECT_EQ(ParityReason(answer),
            "parity: item q7 leaves plain decoding at token 5, which preferred its own by 0.310"
            " logits");
  answer.parity->gap = 0.01;
  EXPECT_EQ(ParityReason(answer), "");
  TrialRecord trial;
  trial.each_prompt = {{.prompt_id = "s1"}, {.prompt_id = "s2"}};
  EXPECT_EQ(ParityReason(trial), "");
  trial.each_prompt[1].parity = ParityRecord{.tokens = 9, .diverged_at = 0, .gap = {}};
  EXPECT_THAT(ParityReason(trial), HasSubstr("speed prompt s2 leaves plain decoding at token 1"));
  EXPECT_THAT(ParityReason(trial), HasSubstr("unknown margin"));
}

}  // namespace
}  // namespace moebench
