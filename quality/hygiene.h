// Signs that an answer is sick, whatever its grade: each a figure of its own, so that a setting
// that degrades can be told from one that only knows less.
//   AnswerSigns s = LookForSigns(item.prompt, answer, Finish::kStop);
// Pure functions over UTF-8 bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quality/grader.h"

namespace moebench {

struct AnswerSigns {
  bool cut_off = false;       // still open at the token limit
  bool empty = false;         // nothing but blanks
  bool loop = false;          // ends in a loop (degeneration.h)
  bool unfinished = false;    // ended by itself, but within a sentence
  bool open_fence = false;    // a ``` that is never closed
  bool open_json = false;     // begins like JSON and its brackets never close
  bool prompt_echo = false;   // a long stretch of the prompt stands at its start
  bool wrong_script = false;  // mostly in a script that neither the prompt nor English uses
  int suffix_bytes = 0;       // of the repeated stretch at the end, all repetitions; 0 = none
  double ngram_share = 0;     // of word 4-grams that stood before, 0..1
  // Bytes over deflated bytes; 0 for fewer than kLeastCompressedBytes, where it says nothing.
  double compression_ratio = 0;
};
constexpr size_t kLeastCompressedBytes = 200;

AnswerSigns LookForSigns(std::string_view prompt, std::string_view answer, Finish finish);

// "loop, prompt_echo": the names of those that are set; empty if none is.
std::string SignNames(const AnswerSigns& signs);

}  // namespace moebench
