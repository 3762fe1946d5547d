#include "runners/native/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moebench {
namespace {

using testing::ElementsAre;

std::vector<std::string> Pieces(std::string_view name, std::string_view text) {
  const PreTokenizer split = PreTokenizer::Named(name);
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

TEST(PreTokenizer, HugeRunsOfOneKindAreCut) {
  for (const char c : {' ', 'a', '!', '\n', '7'}) {
    const std::string text(4 << 20, c);
    EXPECT_GE(Pieces("qwen2", text).size(), 1u) << c;
  }
}

}  // namespace
}  // namespace moebench
