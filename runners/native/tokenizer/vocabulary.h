// The tokens of a GGUF file, checked: byte-level BPE vocabularies only (tokenizer.ggml.model
// "gpt2").
//   Vocabulary vocabulary = ReadVocabulary(file);
// Plain data.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "runners/native/gguf/gguf_file.h"
#include "runners/native/tokenizer/bpe.h"

namespace moebench {

// llama.cpp's numbers.
enum class TokenType {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

struct Vocabulary {
  struct Token {
    std::string bytes;  // what the token stands for in the text
    TokenType type = TokenType::kNormal;
  };

  std::vector<Token> tokens;           // by id
  std::vector<int> special;            // unknown, control and user-defined, longest bytes first
  std::array<int, 256> token_of_byte;  // where merging starts; kNoToken where there is none
  BpeMerges merges{0};
  std::string pre;  // tokenizer.ggml.pre, a name that PreTokenizer knows
  std::optional<int> bos;
  std::vector<int> end_of_generation;  // ascending
  bool adds_bos = false;               // prompts begin with bos
};

// Throws Error naming the key and, where there is one, the token or merge.
Vocabulary ReadVocabulary(const GgufFile& file);

}  // namespace moebench
