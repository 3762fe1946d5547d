#include "quality/choice_score.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"

namespace moebench {
namespace {

double Normalised(const ChoiceLikelihood& choice, ChoiceNorm norm) {
  switch (norm) {
    case ChoiceNorm::kNone:
      return choice.log_p;
    case ChoiceNorm::kCharacters:
      return choice.log_p / std::max(1, choice.characters);
    case ChoiceNorm::kTokens:
      return choice.log_p / std::max(1, choice.tokens);
  }
  return choice.log_p;
}

std::string Fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

ChoiceNorm NormOf(const std::string& spec, const std::string& where) {
  if (spec.empty()) return ChoiceNorm::kNone;
  const nlohmann::json json = nlohmann::json::parse(spec, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json name =
      json.is_object() ? json.value("normalise", nlohmann::json("none")) : nlohmann::json();
  if (name == "none") return ChoiceNorm::kNone;
  if (name == "characters") return ChoiceNorm::kCharacters;
  if (name == "tokens") return ChoiceNorm::kTokens;
  throw Error{"'normalise' must be none, characters or tokens", where};
}

ChoiceGrade GradeChoices(std::span<const ChoiceLikelihood> choices, int gold, ChoiceNorm norm) {
  ChoiceGrade result;
  double best = 0;
  std::string listed;
  for (size_t i = 0; i < choices.size(); ++i) {
    const double value = Normalised(choices[i], norm);
    listed += (i == 0 ? "" : ", ") + Fixed(value);
    if (std::isnan(value) || (result.chosen >= 0 && value <= best)) continue;
    best = value;
    result.chosen = static_cast<int>(i);
  }
  const bool right = result.chosen == gold;
  result.grade.score = right ? 1 : 0;
  result.grade.outcome = right ? "right" : "wrong";
  result.grade.detail = "ln p " + listed + "; chose " + std::to_string(result.chosen + 1) +
                        ", right is " + std::to_string(gold + 1);
  result.grade.extracted = std::to_string(result.chosen + 1);
  return result;
}

}  // namespace moebench
