// The tokens of a GGUF file, checked: byte-level BPE (tokenizer.ggml.model "gpt2") and
// SentencePiece
// ("llama") vocabularies.
//   Vocabulary vocabulary = ReadVocabulary(file);
// Plain data.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runners/native/gguf/gguf_file.h"
#include "runners/native/tokenizer/bpe.h"
#include "runners/native/tokenizer/pre_tokenizer_families.h"
#include "runners/native/tokenizer/sentence_piece.h"

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

struct BytesHash {
  using is_transparent = void;
  size_t operator()(std::string_view bytes) const { return std::hash<std::string_view>()(bytes); }
};
using IdOfBytes = std::unordered_map<std::string, int, BytesHash, std::equal_to<>>;

enum class TokenizerKind { kByteLevelBpe, kSentencePiece };

struct Vocabulary {
  struct Token {
    std::string bytes;  // what the token stands for in the text
    TokenType type = TokenType::kNormal;
  };

  TokenizerKind kind = TokenizerKind::kByteLevelBpe;
  std::vector<Token> tokens;  // by id
  std::vector<int> special;   // unknown, control and user-defined, longest bytes first
  std::optional<int> bos, eos;
  std::vector<int> end_of_generation;  // ascending
  // What stands around a text, where bos and eos are known: bos before, eos behind it.
  bool adds_bos = false, adds_eos = false;

  // Of byte-level BPE.
  std::string pre;  // tokenizer.ggml.pre
  const PreTokenizerFamily* family = nullptr;
  std::array<int, 256> token_of_byte{};  // where merging starts; kNoToken where there is none
  BpeMerges merges{0};
  IdOfBytes whole_pieces;  // where family->ignores_merges

  // Of SentencePiece.
  SentencePiece sentence_piece;
  bool adds_space_prefix = false;  // where a text begins and after special tokens
};

// Throws Error naming the key and, where there is one, the token or merge.
Vocabulary ReadVocabulary(const GgufFile& file);

}  // namespace moebench
