#include "results/cell_signs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace moebench {
namespace {

AnswerRecord Answer(double compression_ratio, SignsRecord signs = {}) {
  signs.compression_ratio = compression_ratio;
  return {.outcome = "wrong", .signs = signs};
}

CellData CellOf(const std::vector<AnswerRecord>& answers) {
  CellData cell;
  for (const AnswerRecord& answer : answers) cell.answers.push_back(&answer);
  return cell;
}

TEST(CellSigns, ThresholdIsTheBaselines99thPercentile) {
  std::vector<AnswerRecord> answers = {Answer(0), Answer(0), AnswerRecord{}};
  for (int i = 1; i <= 200; ++i) answers.push_back(Answer(i));
  EXPECT_DOUBLE_EQ(RatioThreshold(CellOf(answers)), 198);
  EXPECT_TRUE(std::isinf(RatioThreshold(CellOf(std::vector(19, Answer(2))))));
}

TEST(CellSigns, AreCountedOneByOne) {
  std::vector<AnswerRecord> answers = {
      Answer(9, {.loop = true}),        Answer(2, {.cut_off = true, .open_json = true}),
      Answer(0, {.empty = true}),       Answer(2, {.unfinished = true, .open_fence = true}),
      Answer(2, {.prompt_echo = true}), Answer(2, {.wrong_script = true}),
      AnswerRecord{.outcome = "wrong"}};  // a choice: it was only scored
  answers[3].category = answers[4].category = "facts";
  answers[4].outcome = "right";
  answers[5].category = "instructions";
  CellView view;
  FillSignCounts(CellOf(answers), 3, view);
  ASSERT_EQ(view.signs.size(), 12u);
  EXPECT_EQ(view.signs[0].sign, "answers");
  EXPECT_EQ(view.signs[0].answers, 6);
  for (size_t i = 1; i < view.signs.size(); ++i) {
    EXPECT_EQ(view.signs[i].answers, 1) << view.signs[i].sign;
  }
}

}  // namespace
}  // namespace moebench
