// Multiple choice by log-likelihood: the choice the model holds most probable, as
// lm-evaluation-harness counts acc and acc_norm.
//   ChoiceGrade g = GradeChoices({{-3.2, 2, 5}, {-2.9, 1, 4}}, /*gold=*/1, ChoiceNorm::kNone);
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "quality/grader.h"

namespace moebench {

struct ChoiceLikelihood {
  double log_p = 0;    // sum of ln p over the continuation's tokens
  int tokens = 0;      // of the continuation
  int characters = 0;  // code points of it, without blanks around it
};

// What log_p is divided by before the choices are compared: nothing (acc), characters (acc_norm),
// or tokens.
enum class ChoiceNorm { kNone, kCharacters, kTokens };

// The norm in a "choices" rule's spec {"normalise": "none" | "characters" | "tokens"}; none where
// it says nothing. Throws Error naming `where`.
ChoiceNorm NormOf(const std::string& spec, const std::string& where);

struct ChoiceGrade {
  int chosen = -1;  // the first of the most probable ones
  Grade grade;
};

// `choices` is not empty. A log_p that is no number is never chosen.
ChoiceGrade GradeChoices(std::span<const ChoiceLikelihood> choices, int gold, ChoiceNorm norm);

}  // namespace moebench
