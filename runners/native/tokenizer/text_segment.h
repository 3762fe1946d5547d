// A piece of text to be tokenised, and whether special tokens may be recognised in it.
#pragma once

#include <string>

namespace moebench {

// kNo: "<|im_end|>" in the text is ten plain characters, never the control token. Tokens
// that the vocabulary marks as user-defined are no control tokens: recognised always (as
// llama.cpp).
enum class ParseSpecial { kNo, kYes };

struct TextSegment {
  std::string text;
  ParseSpecial parse_special = ParseSpecial::kNo;
};

}  // namespace moebench
