// Text to ids for SentencePiece vocabularies (tokenizer.ggml.model "llama"): of all neighbouring
// symbols the pair whose union has the highest score becomes one, the leftmost of several, until no
// union is a token; what is no token then is written byte by byte (google/sentencepiece,
// bpe_model.cc, with byte fallback).
//   SentencePiece pieces(tokens, token_of_byte, unknown);
//   pieces.Encode("a b", ids);  // "a▁b"
// Control, unknown and byte tokens are never the result of a merge, as in SentencePiece (llama.cpp
// lets them be: text that spells "</s>" may become the control token there). Const methods may be
// called by many threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runners/native/tokenizer/bpe.h"

namespace moebench {

class SentencePiece {
 public:
  static constexpr size_t kMaxPieceBytes = 256;          // of a text given here
  static constexpr size_t kMaxMerges = size_t{1} << 21;  // ways to split tokens into two symbols

  // A token that merging may end in. Texts are distinct, not empty and valid UTF-8, with U+2581
  // where they stand for a space.
  struct Piece {
    std::string_view text;
    int id;
    float score;  // not NaN
  };

  SentencePiece() = default;
  // unknown: for bytes without a token; BpeMerges::kNoToken leaves them out. Throws Error if there
  // are more than kMaxMerges.
  SentencePiece(std::span<const Piece> pieces, const std::array<int, 256>& token_of_byte,
                int unknown);

  // Appends the ids of valid UTF-8.
  void Encode(std::string_view text, std::vector<int>& ids) const;

 private:
  int SymbolOf(uint32_t character) const;  // kNoToken where no piece has it
  void AppendBytes(uint32_t character, std::vector<int>& ids) const;

  // Symbols are token ids and, from first_bare_ on, characters that are within pieces but are none.
  std::vector<int> symbol_of_character_;
  std::vector<uint32_t> bare_characters_;
  int first_bare_ = 0;
  BpeMerges merges_{0};
  // Pairs of characters that stand side by side in a piece. Nothing merges over any other border.
  std::unordered_set<uint64_t> neighbours_;
  std::array<int, 256> token_of_byte_{};
  int unknown_ = BpeMerges::kNoToken;
};

}  // namespace moebench
