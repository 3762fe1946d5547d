// Finds special tokens in text before it is cut into words.
//   SpecialTokens special(vocabulary);
//   std::vector<Fragment> fragments = special.Split(segments);
// Owns what it needs. Const methods may be called by many threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runners/native/tokenizer/text_segment.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {

// Either a special token, or text in which there is none to be found.
struct Fragment {
  int token = -1;
  std::string text;  // valid UTF-8, if token is -1
};

class SpecialTokens {
 public:
  explicit SpecialTokens(const Vocabulary& vocabulary);

  // Longer tokens are found before shorter ones, wherever they stand (as in llama.cpp); control and
  // unknown tokens only where the segment allows. Plain text of neighbouring segments is joined, so
  // that words merge over the border as if the text were one.
  std::vector<Fragment> Split(std::span<const TextSegment> segments) const;

 private:
  struct Token {
    int id;
    std::string text;
    bool always;  // user-defined: found whatever the segment says
  };

  std::vector<Fragment> SplitSegment(const TextSegment& segment) const;
  // Places in tokens_, rising, of those that stand somewhere in the text.
  std::vector<size_t> FindIn(std::string_view text) const;

  std::vector<Token> tokens_;  // longest first
  // A tree of their bytes: nodes are numbered, 0 is the root, children by node * 256 + byte.
  std::unordered_map<uint64_t, uint32_t> children_;
  std::array<uint32_t, 256> children_of_root_{};  // 0: none
  std::vector<size_t> token_of_node_;             // place in tokens_; kNone
  static constexpr size_t kNone = ~size_t{0};
};

}  // namespace moebench
