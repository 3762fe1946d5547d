// Cuts text into the pieces within which BPE merges.
//   PreTokenizer split = PreTokenizer::Of(*FindPreTokenizer("qwen2"));
//   split.Split("I'm 42", pieces);  // "I", "'m", " ", "4", "2"
// Const methods may be called by many threads.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runners/native/tokenizer/pre_tokenizer_families.h"

namespace moebench {

class PreTokenizer {
 public:
  static PreTokenizer Of(const PreTokenizerFamily& family);

  PreTokenizer(PreTokenizer&&) noexcept;
  PreTokenizer& operator=(PreTokenizer&&) noexcept;
  ~PreTokenizer();

  // Appends the pieces, in order and without gaps, as views into text, which must be valid UTF-8.
  void Split(std::string_view text, std::vector<std::string_view>& pieces) const;

 private:
  class Stage;
  explicit PreTokenizer(std::vector<Stage> stages);
  std::vector<Stage> stages_;  // each cuts the pieces of the one before
};

}  // namespace moebench
