#include "suites/repetition.h"

#include <gtest/gtest.h>

#include <string>

namespace moebench {
namespace {

TEST(RepeatedShare, CountsFiveGramsThatStoodThereBefore) {
  EXPECT_DOUBLE_EQ(RepeatedShare("a b c d e f a b c d e"), 1.0 / 7);
  EXPECT_DOUBLE_EQ(RepeatedShare("one two three four five six"), 0);
}

TEST(RepeatedShare, FillerIsNearlyAllRepeated) {
  std::string filler;
  for (int i = 0; i < 100; ++i) filler += "the quick brown fox jumps over the lazy dog. ";
  EXPECT_GT(RepeatedShare(filler), 0.98);
}

TEST(RepeatedShare, SpacesAndLineEndsDoNotMakeTextNew) {
  EXPECT_GT(RepeatedShare("if (a) b();\nif (a)\t b();\r\nif  (a) b();"), 0.5);
}

TEST(RepeatedShare, WordsBeyondAsciiStayWhole) {
  EXPECT_DOUBLE_EQ(RepeatedShare("곰 고양이 소 게 사슴 곰 고양이 소 게 사슴"), 1.0 / 6);
}

TEST(RepeatedShare, ShortTextsHaveNone) {
  EXPECT_DOUBLE_EQ(RepeatedShare(""), 0);
  EXPECT_DOUBLE_EQ(RepeatedShare("a a a a"), 0);
}

}  // namespace
}  // namespace moebench
