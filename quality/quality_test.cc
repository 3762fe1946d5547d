#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "quality/degeneration.h"
#include "quality/grader.h"

namespace moebench {
namespace {

std::string Outcome(const GraderRule& rule, std::string_view answer,
                    Finish finish = Finish::kStop) {
  return GradeAnswer(rule, answer, finish).outcome;
}

TEST(Grader, ExactComparesWithoutBlanksAround) {
  const GraderRule rule = {.kind = "exact", .expected = {"red", "dark red"}};
  EXPECT_EQ(Outcome(rule, " red\n"), "right");
  EXPECT_EQ(Outcome(rule, "dark red"), "right");
  EXPECT_EQ(Outcome(rule, "red."), "wrong");
  EXPECT_EQ(Outcome(rule, "Red"), "wrong");
}

TEST(Grader, NumericTakesTheFirstNumber) {
  const GraderRule rule = {.kind = "numeric", .expected = {"-12.5"}, .tolerance = 0.1};
  EXPECT_EQ(Outcome(rule, "It is -12.45, not 3"), "right");
  EXPECT_EQ(Outcome(rule, "3, not -12.5"), "wrong");
  EXPECT_EQ(Outcome(rule, "12.5"), "wrong");
  EXPECT_EQ(Outcome(rule, "none"), "wrong");
  EXPECT_EQ(Outcome({.kind = "numeric", .expected = {"7"}}, "12345678901234567890123456"), "wrong");
}

TEST(Grader, SetIgnoresOrderNotMultiplicity) {
  const GraderRule rule = {.kind = "set", .expected = {"a b b"}};
  EXPECT_EQ(Outcome(rule, "b, a, b"), "right");
  EXPECT_EQ(Outcome(rule, "a b"), "wrong");
}

TEST(Grader, PatternIsSearchedInTheRawAnswer) {
  const GraderRule rule = {.kind = "pattern", .pattern = "^[A-Z가-힣]+$"};
  EXPECT_EQ(Outcome(rule, "서울"), "right");
  EXPECT_EQ(Outcome(rule, "seoul"), "wrong");
  EXPECT_EQ(Outcome(rule, "\xff\xfe"), "wrong");
}

TEST(Grader, ExplodingPatternEndsAsWrong) {
  const GraderRule rule = {.kind = "pattern", .pattern = "^(a+)+$"};
  EXPECT_EQ(Outcome(rule, std::string(40, 'a') + "b"), "wrong");
}

TEST(Grader, CutOffAndEmptyAreOutcomesOfTheirOwn) {
  const GraderRule rule = {.kind = "exact", .expected = {"red"}};
  EXPECT_EQ(Outcome(rule, "red", Finish::kLength), "cut_off");
  EXPECT_EQ(GradeAnswer(rule, "red", Finish::kLength).score, 0);
  EXPECT_EQ(Outcome(rule, " \n"), "empty");
  EXPECT_EQ(Outcome(rule, "no no no no no no no no no ", Finish::kLength), "loop");
}

TEST(Grader, UnusableRulesAreRefused) {
  EXPECT_THROW(CheckRule({.kind = "exakt", .expected = {"a"}}, "x"), Error);
  EXPECT_THROW(CheckRule({.kind = "exact"}, "x"), Error);
  EXPECT_THROW(CheckRule({.kind = "numeric", .expected = {"five"}}, "x"), Error);
  EXPECT_THROW(CheckRule({.kind = "pattern", .pattern = "("}, "x"), Error);
  EXPECT_THROW(CheckRule({.kind = "pattern"}, "x"), Error);
  EXPECT_NO_THROW(CheckRule({.kind = "set", .expected = {"a b"}}, "x"));
}

TEST(Degeneration, FindsTheRepeatedUnit) {
  const RepeatedSuffix suffix = FindRepeatedSuffix("Then it said: ha ha ha ha ha ");
  EXPECT_EQ(suffix.unit_bytes, 3);
  EXPECT_EQ(suffix.times, 5);
  EXPECT_EQ(FindRepeatedSuffix("abcdefg").times, 0);
  EXPECT_EQ(FindRepeatedSuffix("").times, 0);
}

TEST(Degeneration, ProseIsNoLoop) {
  EXPECT_FALSE(
      IsLoop("The fox ran over the hill and the dog ran after the fox, but the hill was "
             "steep and the dog was old, so in the end they both sat down and rested."));
  EXPECT_FALSE(IsLoop("((((()))))"));
  EXPECT_FALSE(IsLoop("ant ant ant ant"));
}

TEST(Degeneration, RepeatedSentenceIsALoop) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += "I do not know what to do. ";
  EXPECT_TRUE(IsLoop(text));
  EXPECT_GT(RepeatedNgramShare(text), 0.5);
}

TEST(Degeneration, LongTextIsSearchedInBoundedTime) {
  EXPECT_TRUE(IsLoop(std::string(1 << 20, 'x')));
}

}  // namespace
}  // namespace moebench
