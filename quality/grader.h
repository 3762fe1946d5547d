// Scores an answer by program. Pure; the same answer always gets the same score.
//   Grade g = GradeAnswer({.kind = "numeric", .expected = {"5"}}, "The sum is 5.", Finish::kStop);
// Kinds:
//   exact    the answer, blanks around it cut off, equals one of `expected`
//   numeric  the first number of the answer is within `tolerance` of one of `expected`
//   set      the answer's words (split at blanks and commas) are those of expected[0], in any order
//   pattern  the PCRE2 regular expression `pattern` matches somewhere in the answer
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moebench {

struct GraderRule {
  std::string kind;  // exact | numeric | set | pattern
  std::vector<std::string> expected;
  double tolerance = 0;
  std::string pattern;
};

enum class Finish { kStop, kLength };  // ended by itself | cut off at the token limit

struct Grade {
  double score = 0;     // 1 right, 0 not
  std::string outcome;  // right | wrong | cut_off | empty | loop
  std::string detail;   // what was compared with what
};

// Throws Error on a rule that can't be used: unknown kind, no or bad pattern, expected no number.
void CheckRule(const GraderRule& rule, const std::string& where);

// An answer that was cut off at the token limit is an outcome of its own (cut_off, or loop if it
// repeats itself) with score 0 in every arm alike; an empty one too.
Grade GradeAnswer(const GraderRule& rule, std::string_view answer, Finish finish);

}  // namespace moebench
