// A row of logits read as a distribution over the vocabulary, by the definitions of llama.cpp's
// perplexity tool.
//   Distribution d = ReadLogits(row);
//   float ln_p = LogP(d, token);
// Borrows the row. Pure, thread-safe.
#pragma once

#include <span>

namespace moebench {

struct Distribution {
  std::span<const float> logits;  // [vocabulary], finite
  double log_sum = 0;             // ln of the sum of exp(logit): ln p = logit - log_sum
  int top = 0;                    // the first of the largest
};

Distribution ReadLogits(std::span<const float> logits);

float LogP(const Distribution& distribution, int token);  // at most 0

// Sum of p_base (ln p_base - ln p) in nat over the tokens with ln p_base > -16: llama.cpp's files
// of base distributions hold no smaller ones.
float KlDivergence(const Distribution& base, const Distribution& other);

}  // namespace moebench
