// What the names in tokenizer.ggml.pre stand for: regular expressions that cut text into pieces,
// and the rules that come with the name.
//   const PreTokenizerFamily* family = FindPreTokenizer("llama-bpe");
// The expressions are those of the models' published tokenizer.json, in the form that llama.cpp
// runs (0.7.0; there only ASCII has case in gpt-4o and tekken). Plain
// data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moebench {

struct PreTokenizerFamily {
  std::vector<std::string> names;     // of tokenizer.ggml.pre
  std::vector<std::string> patterns;  // each cuts the pieces of the one before; see kAnySpace
  bool ignores_merges = false;        // a piece that is a token is that token, without merging
  bool adds_bos = false;              // unless tokenizer.ggml.add_bos_token says otherwise
};

// In a pattern, always within brackets: the white space of Unicode.
inline constexpr char kAnySpace = '@';

// nullptr where the name is unknown.
const PreTokenizerFamily* FindPreTokenizer(std::string_view name);
std::vector<std::string> KnownPreTokenizers();  // every name

}  // namespace moebench
