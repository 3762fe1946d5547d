// How probable some token sequences are that begin alike: what they share is computed once.
//   ChoiceScorer scorer(transformer);
//   std::vector<ChoiceScores> scores = scorer.Run({{.tokens = ids, .first = 17}}, k);
// Borrows the transformer. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "runners/native/model/transformer.h"

namespace moebench {

struct TokenChoice {
  std::vector<int> tokens;
  int first = 1;  // tokens from here on are scored; in 1..tokens.size() - 1
};

struct ChoiceScores {
  std::vector<float> log_p;  // of tokens first, first + 1, ...
  bool greedy = true;        // each of them is the most probable one
};

class ChoiceScorer {
 public:
  explicit ChoiceScorer(Transformer& transformer) : transformer_(transformer) {}

  // Throws Error for a choice with nothing before `first` or after it, and whatever
  // Transformer::Forward refuses. The transformer's stats count all of it.
  std::vector<ChoiceScores> Run(std::span<const TokenChoice> choices, int k);

 private:
  ChoiceScores ScoreRest(const TokenChoice& choice, std::size_t from, int k);

  Transformer& transformer_;
  std::vector<float> logits_;  // [at most kRows, vocabulary]
};

}  // namespace moebench
