#include "quality/choice_score.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "harness/base/error.h"

namespace moebench {
namespace {

TEST(GradeChoices, TakesTheMostProbableByTheNormAskedFor) {
  // Sum, tokens, characters: the first wins by sum, the second by characters, the third by tokens.
  const std::vector<ChoiceLikelihood> choices = {{-4, 1, 2}, {-6, 3, 40}, {-5, 5, 10}};
  EXPECT_EQ(GradeChoices(choices, 0, ChoiceNorm::kNone).chosen, 0);
  EXPECT_EQ(GradeChoices(choices, 0, ChoiceNorm::kCharacters).chosen, 1);
  EXPECT_EQ(GradeChoices(choices, 0, ChoiceNorm::kTokens).chosen, 2);
  const ChoiceGrade grade = GradeChoices(choices, 0, ChoiceNorm::kNone);
  EXPECT_EQ(grade.grade.outcome, "right");
  EXPECT_EQ(grade.grade.score, 1);
  EXPECT_EQ(grade.grade.detail, "ln p -4.000, -6.000, -5.000; chose 1, right is 1");
}

TEST(GradeChoices, ATieGoesToTheFirstAndNoNumberIsNeverChosen) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      GradeChoices(std::vector<ChoiceLikelihood>{{-1, 1, 1}, {-1, 1, 1}}, 1, ChoiceNorm::kNone)
          .chosen,
      0);
  EXPECT_EQ(
      GradeChoices(std::vector<ChoiceLikelihood>{{nan, 1, 1}, {-9, 0, 0}}, 1, ChoiceNorm::kTokens)
          .chosen,
      1);
  EXPECT_EQ(GradeChoices(std::vector<ChoiceLikelihood>{{nan, 1, 1}}, 0, ChoiceNorm::kNone).chosen,
            -1);
}

TEST(NormOf, ReadsTheSpec) {
  EXPECT_EQ(NormOf("", "t"), ChoiceNorm::kNone);
  EXPECT_EQ(NormOf("{}", "t"), ChoiceNorm::kNone);
  EXPECT_EQ(NormOf(R"({"normalise":"characters"})", "t"), ChoiceNorm::kCharacters);
  EXPECT_THROW(NormOf(R"({"normalise":"words"})", "t"), Error);
  EXPECT_THROW(NormOf("[", "t"), Error);
}

}  // namespace
}  // namespace moebench
