#include "runners/native/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace moebench {
namespace {

using testing::ElementsAre;

std::vector<std::string> Pieces(std::string_view name, std::string_view text) {
  const PreTokenizer split = PreTokenizer::Of(*FindPreTokenizer(name));
  std::vector<std::string_view> pieces;
  split.Split(text, pieces);
  std::string joined;
  for (const std::string_view piece : pieces) joined += piece;
  EXPECT_EQ(joined, text);
  return {pieces.begin(), pieces.end()};
}

TEST(PreTokenizer, Qwen2CutsWordsDigitsAndContractions) {
  EXPECT_THAT(Pieces("qwen2", "I'm  42!"), ElementsAre("I", "'m", " ", " ", "4", "2", "!"));
  EXPECT_THAT(Pieces("qwen2", "We'VE it"), ElementsAre("We", "'VE", " it"));
  EXPECT_THAT(Pieces("qwen2", "안녕 하세요."), ElementsAre("안녕", " 하세요", "."));
  EXPECT_THAT(Pieces("qwen2", "a\n\n b\t"), ElementsAre("a", "\n\n", " b", "\t"));
  EXPECT_THAT(Pieces("qwen2", ""), ElementsAre());
}

TEST(PreTokenizer, Gpt2KeepsNumbersWhole) {
  EXPECT_THAT(Pieces("gpt-2", "x 1234's  y"), ElementsAre("x", " 1234", "'s", " ", " y"));
}

TEST(PreTokenizer, StagesCutWhatTheOneBeforeLeft) {
  EXPECT_THAT(Pieces("falcon", "12345"), ElementsAre("123", "45"));
  EXPECT_THAT(Pieces("starcoder", "a12"), ElementsAre("a", "1", "2"));
}

// U+180E was white space until Unicode 6.3; U+0085 and U+3000 are.
TEST(PreTokenizer, WhiteSpaceIsUnicodes) {
  EXPECT_THAT(Pieces("qwen2", "\xe1\xa0\x8e."), ElementsAre("\xe1\xa0\x8e."));
  EXPECT_THAT(Pieces("qwen2", "\xc2\x85 ."), ElementsAre("\xc2\x85", " ."));
  EXPECT_THAT(Pieces("qwen2", "\xe3\x80\x80 ."), ElementsAre("\xe3\x80\x80", " ."));
}

TEST(PreTokenizer, NamesAreKnownOnce) {
  std::vector<std::string> names = KnownPreTokenizers();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_EQ(FindPreTokenizer("default"), nullptr);
  EXPECT_EQ(FindPreTokenizer(""), nullptr);
}

// Runs so long that a regular expression which backtracks badly would run out of stack or time.
TEST(PreTokenizer, HugeRunsOfOneKindAreCut) {
  for (const char* name : {"gpt-2", "starcoder", "falcon", "qwen2", "qwen35", "llama-bpe",
                           "deepseek-llm", "deepseek-coder", "deepseek-v3", "gpt-4o", "tekken",
                           "kimi-k2", "bailingmoe", "seed-coder"}) {
    for (const std::string_view run :
         {" ", "a", "A", "!", "\n", "7", "é", "가", "一", " \n", "aA", "\xcc\x81"}) {
      std::string text;
      while (text.size() < (1 << 18)) text += run;
      EXPECT_GE(Pieces(name, text).size(), 1u) << name << " " << run;
      EXPECT_GE(Pieces(name, text + "x ").size(), 1u) << name << " " << run;
    }
  }
}

}  // namespace
}  // namespace moebench
