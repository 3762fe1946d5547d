// Scores an answer by program. The same answer always gets the same score.
//   Grade g = GradeAnswer({.kind = "numeric", .expected = {"5"}}, "The sum is 5.", Finish::kStop);
// First the part that is graded is taken out of the answer by the rule `extract` (extract.h), then
// it is held against the rule. Kinds:
//   exact     equals one of `expected`, blanks around both cut off
//   text      the same, whatever the case, quotes, Markdown marks and punctuation at the ends
//   numeric   the first number is within `tolerance` of one of `expected` (also 3/4)
//   choice    is the letter expected[0]
//   set       the words (split at blanks and commas) are those of expected[0], in any order
//   list      the elements (split at commas, semicolons, line ends; bullets dropped) are those of
//             `expected`, in any order, compared as `text` does
//   sequence  the same in this order
//   math      LaTeX or number: equal to one of `expected` after normalising, or as numbers
//   pattern   the PCRE2 regular expression `pattern` matches somewhere
//   json      JSON that fits spec.schema, and is the same data as spec.equals if there
//   ifeval    follows all of spec.instructions [{id, arguments}]   (ifeval.h)
//   checks    all of spec.checks hold                              (checks.h)
//   code      spec.tests pass in the sandbox                       (code_tests.h)
//   choices   by log-likelihood, not by text                       (choice_score.h)
//   judge     only a language model can say; never right or wrong here
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quality/code_tests.h"

namespace moebench {

struct GraderRule {
  std::string kind;
  std::vector<std::string> expected;
  double tolerance = 0;
  std::string pattern;
  std::string extract;  // empty = whole
  std::string spec;     // JSON object, for the kinds that name it above; else empty
};

enum class Finish { kStop, kLength };  // ended by itself | cut off at the token limit

struct Grade {
  double score = 0;       // 1 right, 0 not
  std::string outcome;    // right | wrong | cut_off | empty | loop | unjudged | skipped(sandbox)
  std::string detail;     // what was compared with what
  std::string extracted;  // what of the answer was graded
};

// False for the outcomes that say nothing of the answer: unjudged, skipped(...).
bool IsGraded(std::string_view outcome);

// Throws Error on a rule that can't be used: unknown kind or extraction, no or bad pattern,
// expected no number, a spec that does not fit the kind.
void CheckRule(const GraderRule& rule, const std::string& where);

// An answer that was cut off at the token limit is an outcome of its own (cut_off, or loop if it
// repeats itself) with score 0 in every arm alike; an empty one too. `rule` is usable. Code runs by
// `run_code`; where it is empty, code items are skipped(sandbox).
Grade GradeAnswer(const GraderRule& rule, std::string_view answer, Finish finish,
                  const CodeRunner& run_code = {});

}  // namespace moebench
