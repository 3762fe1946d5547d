#include "harness/sweep/answer_signs.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

AnswerRecord Answer(const std::string& cell_id, const std::string& text,
                    const std::string& finish = "stop") {
  return {.cell_id = cell_id,
          .prompt = "Tell me something.",
          .answer = text,
          .finish = finish,
          .generated_tokens = static_cast<int>(text.size() / 4),
          .outcome = text.empty() ? "empty" : "wrong"};
}

// Prose of about 400 bytes; each number gives other words.
std::string Prose(int number) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "Note " + std::to_string((number * 7919 + i * 104729) % 100003) + " of day " +
            std::to_string(i * 31 % 17) + ". ";
  }
  return text;
}

std::string Chant() {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "Note one of day one. Note two. ";
  return text;
}

TEST(CountSigns, HoldsEachCellAgainstTheBaseline) {
  SweepRows rows;
  for (int i = 0; i < 30; ++i) rows.answers.push_back(Answer("base", Prose(i)));
  for (int i = 0; i < 5; ++i) rows.answers.push_back(Answer("k=1", Chant()));
  rows.answers.push_back(Answer("k=1", "The harbour was", "length"));
  rows.answers.push_back(Answer("k=1", ""));
  rows.answers.push_back(Answer("k=1", "{\"a\": [1"));
  rows.answers.push_back(Answer("another model's", Chant()));
  AnswerRecord choice = Answer("base", " B");
  choice.generated_tokens = 0;  // scored, not written
  rows.answers.push_back(choice);

  const std::vector<CellSigns> cells = CountSigns(rows, {"base", "k=1"});
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[0].answers, 30);
  EXPECT_EQ(cells[0].loop + cells[0].cut_off + cells[0].empty, 0);
  EXPECT_EQ(cells[0].repetitive, 0);
  EXPECT_EQ(cells[1].answers, 8);
  EXPECT_EQ(cells[1].loop, 5);
  EXPECT_EQ(cells[1].repetitive, 5);
  EXPECT_EQ(cells[1].cut_off, 1);
  EXPECT_EQ(cells[1].empty, 1);
  EXPECT_EQ(cells[1].open_json, 1);
}

TEST(CountSigns, NoCellsNoSigns) { EXPECT_TRUE(CountSigns({}, {}).empty()); }

}  // namespace
}  // namespace moebench
