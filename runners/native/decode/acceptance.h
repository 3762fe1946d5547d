// Which guesses a model takes, so that what comes out is what it would have said alone: greedily
// the same tokens, sampled the same distribution (speculative sampling; Leviathan et al. 2023,
// arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318).
//   Acceptance acceptance({.temperature = 0.8, .seed = 1}, vocabulary);
//   Taken taken = acceptance.Take(logits, guesses, banned, gaps);
// A guess x that was drawn from q is taken with the chance min(1, p(x) / q(x)); if it isn't, the
// model's own token is drawn from max(0, p - q), made to sum to 1, and the guesses behind it are
// void. A guess that was not drawn, as a lookup's, has q(x) = 1. Greedily p is 1 for the best
// token. Allocates only when made. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/decode/sampler.h"
#include "runners/native/kernels/kernel_table.h"

namespace moebench {

struct Guess {
  int token = 0;
  // The distribution it was drawn from, over the ids it has; what is beyond has 0. Empty: it was
  // not drawn.
  std::span<const float> odds;
};

struct Taken {
  int guesses = 0;  // the first so many
  int token = 0;    // the model's own behind them
};

// Probabilities of logits at a temperature > 0, 0 for the banned; the logits' first odds.size().
void OddsOf(const KernelTable& kernels, std::span<const float> logits, std::span<const int> banned,
            double temperature, std::span<float> odds);
// An id by its probability; they need not sum to 1, but not to 0.
int Draw(std::span<const float> odds, Rng& rng);

class Acceptance {
 public:
  Acceptance(const SamplerOptions& options, int vocabulary);

  // logits [guesses.size() + 1, vocabulary], row i said before guess i. Writes gaps[i], of as many
  // as logits have rows, for each token taken: greedily its lead.
  Taken Take(std::span<const float> logits, std::span<const Guess> guesses,
             std::span<const int> banned, std::span<float> gaps);
  bool greedy() const { return options_.temperature <= 0; }

 private:
  // Whether the guess is taken; else odds_ becomes what is left to draw from.
  bool Passes(const Guess& guess);

  SamplerOptions options_;
  int vocabulary_;
  const KernelTable& kernels_;
  Rng rng_;
  std::vector<float> odds_;  // [vocabulary] where it samples
};

}  // namespace moebench
