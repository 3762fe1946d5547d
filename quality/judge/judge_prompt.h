// What a judge is asked, and how its reply is read.
//   JudgePrompt p = RubricPrompt({.question = q, .reference = "156", .answer = a}, seed);
//   std::optional<int> score = ReadRubric(reply);   // 0..3, or nothing: judge_invalid
// An answer is data: it stands between two lines that it can't know (128 bits from seed and
// content), without the marks that chat formats act upon, and cut at a length that is the same for
// all. A reply is read only if it is the JSON object asked for; a number is never guessed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quality/judge/judge_model.h"

namespace moebench {

inline constexpr int kBestScore = 3;  // correct with sound reasoning; 2 passes
inline constexpr int kPassScore = 2;

struct RubricQuestion {
  std::string question;
  std::string reference;  // what a right answer has; may be empty
  std::string answer;
};
JudgePrompt RubricPrompt(const RubricQuestion& question, uint64_t seed);

// Which of two answers is better.
struct PairQuestion {
  std::string question, reference;
  std::string first, second;
};
JudgePrompt PairPrompt(const PairQuestion& question, uint64_t seed);

// Said once more, after a reply that could not be read.
JudgePrompt AskedAgain(JudgePrompt prompt);

enum class Preference { kFirst, kSecond, kTie };

// {"reason": "...", "score": 0..3} and {"reason": "...", "better": "A"|"B"|"tie"}, nothing else.
std::optional<int> ReadRubric(std::string_view reply);
std::optional<Preference> ReadPreference(std::string_view reply);

// 16 hex digits of all that is fixed in the prompts: another hash is another judge.
std::string JudgePromptHash();

// Of a question or reference a judge sees at most so many bytes, from both ends.
inline constexpr std::size_t kMostQuestionBytes = 24'000;

// An answer as a judge may see it; at most kMostAnswerBytes and a note.
inline constexpr std::size_t kMostAnswerBytes = 12'000;
std::string AnswerForJudge(std::string_view answer);

}  // namespace moebench
