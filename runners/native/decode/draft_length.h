// How many guesses pay: the number n that makes (1 + a + a^2 + ... + a^n) / (cost of a pass over
// n + 1 tokens + n guesses) largest, where a is the chance that a guess is right, learnt from the
// passes so far (arXiv:2211.17192 section 3.3, with the cost measured; a MoE model's grows with the
// experts that the tokens need).
//   DraftLength length(costs);
//   int n = length.Next();  ...  length.Learn(n, n_right);
// Where nothing pays it tries one guess now and then, as texts change. Deterministic. Plain data
// and arithmetic; allocates nothing.
#pragma once

#include <array>
#include <span>

#include "runners/speculation.h"

namespace moebench {

struct PassCosts {
  std::array<double, kMostGuesses + 2> ms{};  // of a pass over 1, 2, ... tokens; [0] is unused
  double guess_ms = 0;                        // of one guess
};

// Straight lines between the sizes that were measured; beyond the last as steep as there. measured:
// rising sizes, the first 1.
PassCosts CostsBetween(std::span<const VerifyCost> measured, double guess_ms);

class DraftLength {
 public:
  explicit DraftLength(const PassCosts& costs) : costs_(costs) {}

  int Next();  // 0..kMostGuesses
  void Learn(int guesses, int right);
  // Tokens per millisecond that n guesses promise.
  double Promise(int n) const;

 private:
  PassCosts costs_;
  // Guesses tried, up to the first wrong one, and right, of which older ones count less; begun with
  // two that were half right.
  double tried_ = 2, right_ = 1;
  int idle_ = 0;  // passes without guesses
};

}  // namespace moebench
