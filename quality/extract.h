// Where in an answer the part lies that is graded: by a rule named in the item, so that the record
// can show what was compared. The answer itself is kept whole; nothing is cleaned out of it.
//   Extraction found = Extract("answer-line", "2 + 3 is 5.\nAnswer: 5", "");
// Rules:
//   whole        the answer (the default)
//   answer-line  behind the last "Answer:" (or 정답:, 답:), to the end of that line or the next one
//   last-line    the last line that is not blank
//   hashes       behind the last "####" (GSM8K)
//   boxed        the last \boxed{...}, braces balanced (MATH)
//   last-number  the last number, as it stands
//   letter       the choice A to J that the answer names
//   code         the last fenced block, of those with `hint` if any has it; else the whole
//   json         the last fenced block that is JSON, else the first object or list in the text
// Before each rule, what stands up to the last </think> is passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moebench {

struct Extraction {
  bool found = false;
  std::string text;
};

const std::vector<std::string>& ExtractionRules();

// `rule` is one of the above, or empty for whole. Pure.
Extraction Extract(std::string_view rule, std::string_view answer, std::string_view hint);

}  // namespace moebench
