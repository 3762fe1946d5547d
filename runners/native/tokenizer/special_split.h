// Finds special tokens in text before it is cut into words.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runners/native/tokenizer/text_segment.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {

// Either a special token, or text in which there is none to be found.
struct Fragment {
  int token = -1;
  std::string text;  // valid UTF-8, if token is -1
};

// Longer tokens are found before shorter ones, wherever they stand (as in llama.cpp); control and
// unknown tokens only where the segment allows. Plain text of neighbouring segments is joined, so
// that words merge over the border as if the text were one.
std::vector<Fragment> SplitSpecial(const Vocabulary& vocabulary,
                                   std::span<const TextSegment> segments);

}  // namespace moebench
