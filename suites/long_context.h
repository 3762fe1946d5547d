// Long prompts made from a seed: a village's notes of some thousand tokens, and a question that
// only the whole text answers. The answer is known because the text was made with it.
//   {"kind": "needle", "tokens": 16384, "seed": 3}
// Kinds:
//   needle     one number among many like it, at a place drawn from the seed
//   chain      who keeps what whose: three notes far apart must be joined
//   total      sum over all notes of one person and one good
//   latest     a value that is changed many times; the last one counts
//   order      who came to the mill, in the order of the notes
// A token is taken as 4.2 bytes of English; what a model's tokenizer makes of it is close to that.
#pragma once

#include <string>
#include <vector>

#include "suites/json_line.h"

namespace moebench {

struct LongItem {
  std::string prompt;
  std::string grader_kind, extract;
  std::vector<std::string> expected, right_answers, wrong_answers;
};

// Throws Error naming the line.
LongItem MakeLongItem(const JsonLine& request);

}  // namespace moebench
