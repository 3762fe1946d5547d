#include "harness/sweep/answer_signs.h"

#include <gtest/gtest.h>

#include <vector>

namespace moebench {
namespace {

AnswerRecord Answer(const std::string& text, const std::string& finish = "stop") {
  return {.prompt = "Tell me something.",
          .answer = text,
          .finish = finish,
          .generated_tokens = static_cast<int>(text.size() / 4),
          .outcome = text.empty() ? "empty" : "wrong"};
}

std::string Chant() {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "Note one of day one. Note two. ";
  return text;
}

TEST(FillSigns, EveryWrittenAnswerGetsItsOwn) {
  std::vector<AnswerRecord> answers = {Answer("The harbour was", "length"), Answer(""),
                                       Answer("{\"a\": [1"), Answer(Chant()),
                                       Answer("All is well.")};
  FillSigns(answers);
  for (const AnswerRecord& answer : answers) ASSERT_TRUE(answer.signs);
  EXPECT_TRUE(answers[0].signs->cut_off);
  EXPECT_TRUE(answers[1].signs->empty);
  EXPECT_TRUE(answers[2].signs->open_json);
  EXPECT_TRUE(answers[3].signs->loop);
  EXPECT_GT(answers[3].signs->compression_ratio, 5);
  const SignsRecord& well = *answers[4].signs;
  EXPECT_FALSE(well.cut_off || well.empty || well.loop || well.unfinished || well.open_json);
}

TEST(FillSigns, ChoicesHaveNoneAndWhatIsNotedStays) {
  AnswerRecord choice = Answer(" B");
  choice.generated_tokens = 0;  // scored, not written
  AnswerRecord noted = Answer(Chant());
  noted.signs.emplace();
  std::vector<AnswerRecord> answers = {choice, noted};
  FillSigns(answers);
  EXPECT_FALSE(answers[0].signs);
  EXPECT_FALSE(answers[1].signs->loop);
}

}  // namespace
}  // namespace moebench
