#include "quality/hygiene.h"

#include <gtest/gtest.h>

namespace moebench {
namespace {

std::string Signs(std::string_view answer, std::string_view prompt = "Tell me something.",
                  Finish finish = Finish::kStop) {
  return SignNames(LookForSigns(prompt, answer, finish));
}

TEST(Hygiene, AHealthyAnswerHasNoSign) {
  EXPECT_EQ(Signs("The harbour was built in 1790. It has two piers and a small lighthouse."), "");
  EXPECT_EQ(Signs("42"), "");
  EXPECT_EQ(Signs("Answer: the blue lantern that stands behind the old door of the mill house"),
            "");
  EXPECT_EQ(Signs("- one\n- two\n- three with quite a few words in it that end without any mark"),
            "");
  EXPECT_EQ(Signs("```python\nprint(1)\n```"), "");
  EXPECT_EQ(Signs("{\"a\": [1, 2], \"b\": \"}\"}"), "");
  EXPECT_EQ(Signs("봄이 되면 들판에 꽃이 피고 사람들은 가벼운 옷을 입고 산책을 나간다.",
                  "봄에 대해 쓰세요."),
            "");
}

TEST(Hygiene, EachSickAnswerShowsItsSign) {
  EXPECT_EQ(Signs(" \n "), "empty");
  EXPECT_EQ(Signs("The harbour was", "p", Finish::kLength), "cut_off");
  EXPECT_EQ(Signs("and so on and so on and so on and so on and so on "), "loop, unfinished");
  EXPECT_EQ(Signs("The harbour was built in the year 1790 by the family of the miller who had"),
            "unfinished");
  EXPECT_EQ(Signs("Here it is:\n```python\nprint(1)\n"), "open_fence");
  EXPECT_EQ(Signs("{\"a\": [1, 2"), "open_json");
  EXPECT_EQ(Signs("```json\n{\"a\": {\"b\": 1}\n```"), "open_json");
  const std::string prompt =
      "Read this: the quick survey of the valley was finished before the first snow fell in the "
      "hills. What was finished?";
  EXPECT_EQ(Signs(prompt, prompt), "prompt_echo");
  EXPECT_EQ(Signs("这是一个关于山谷和河流的故事，里面有很多人和动物，还有雪和风。"),
            "wrong_script");
  EXPECT_EQ(Signs("这是一个关于山谷和河流的故事，里面有很多人和动物，还有雪和风。", "请讲一个故事"),
            "");
}

TEST(Hygiene, FiguresGrowWithRepetition) {
  std::string prose, repeated;
  for (int i = 0; i < 40; ++i) {
    prose += "Word" + std::to_string(i * 7919 % 1000) + " meets " + std::to_string(i * 31) + ". ";
    repeated += "The same sentence comes once more. ";
  }
  const AnswerSigns a = LookForSigns("p", prose, Finish::kStop);
  const AnswerSigns b = LookForSigns("p", repeated, Finish::kStop);
  EXPECT_GT(b.compression_ratio, 3 * a.compression_ratio);
  EXPECT_GT(b.ngram_share, 0.9);
  EXPECT_GT(b.suffix_bytes, 1000);
  EXPECT_EQ(LookForSigns("p", "short", Finish::kStop).compression_ratio, 0);
}

}  // namespace
}  // namespace moebench
