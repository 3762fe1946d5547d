// The tokens of a text, teacher-forced in windows at one or more expert counts: how probable each
// is, and how far the distributions of the other counts are from the first's.
//   TextScorer scorer(transformer, team);
//   std::vector<ArmScores> arms = scorer.Run(tokens, {.ks = {8, 4}, .window = 512});
// The windows and what is scored of them: runners/runner.h, TextScoreRequest. With several counts
// the first one's logits of half a window are kept: window / 2 x vocabulary x 4 bytes. Borrows the
// transformer and the team. Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runners/native/model/transformer.h"

namespace moebench {

struct TextScoreOptions {
  std::vector<int> ks;     // at least one
  int window = 512;        // tokens
  int first = 0;           // window
  int windows = 1;         // from the first on; all of them must be there
  std::optional<int> bos;  // in place of the first token of each window
};

// Of one expert count; [windows x ScoredPerWindow].
struct ArmScores {
  std::vector<float> log_p;
  std::vector<int> top;
  std::vector<float> kl;  // empty in the first arm
  int k_min = 0, k_max = 0;
};

constexpr int ScoredPerWindow(int window) { return window - 1 - window / 2; }

class TextScorer {
 public:
  TextScorer(Transformer& transformer, Team& team);

  // Throws Error for windows that are not there or don't fit the context, and whatever
  // Transformer::Forward refuses.
  std::vector<ArmScores> Run(std::span<const int> tokens, const TextScoreOptions& options);

 private:
  void ScoreWindow(std::span<const int> tokens, int k, bool is_base, bool keep_base,
                   ArmScores& arm);
  void ScoreRows(std::span<const int> next, std::span<const float> logits, int base_row,
                 ArmScores& arm);

  Transformer& transformer_;
  Team& team_;
  std::vector<float> logits_;  // [at most kRows, vocabulary]
  std::vector<float> base_;    // [ScoredPerWindow, vocabulary] of the first arm
};

}  // namespace moebench
