// How well a model predicts a text's own tokens, and how far another setting of it is from that:
// perplexity, its ratio, Kullback-Leibler divergence and agreement of the most probable token, by
// the definitions of llama.cpp's perplexity tool.
//   Perplexity p = PerplexityOf(log_p);                          // p.value 5.91, p.se 0.03
//   Divergence d = DivergenceOf(pairs, per_window);               // d.ratio 1.021 [1.017, 1.025]
// Pure, thread-safe.
#pragma once

#include <span>
#include <string_view>

#include "harness/stats/verdict.h"

namespace moebench {

struct Perplexity {
  double value = 0;  // exp of the mean of -ln p; 0 without tokens
  double se = 0;     // standard error of value, tokens taken as independent (llama.cpp's +/-)
  int tokens = 0;
};
Perplexity PerplexityOf(std::span<const float> log_p);

// The same scored tokens under two settings; all of one length.
struct TokenPairs {
  std::span<const float> base_log_p, log_p;  // ln p of the text's token
  std::span<const float> kl;                 // KL(base || other), nat
  std::string_view same_top;                 // '1' where both have the same most probable token
};

struct Divergence {
  int tokens = 0, windows = 0;  // 0 = nothing was compared
  double ratio = 1;             // perplexity over the base's on the same tokens
  double ratio_se = 0;          // llama.cpp's: tokens taken as independent
  // 95 % interval, paired by token, with whatever windows of the text have of their own.
  double ratio_lo = 1, ratio_hi = 1;
  double kl_mean = 0, kl_se = 0;  // nat
  double kl_p99 = 0;              // of single tokens
  double same_top = 1, same_top_se = 0;
};
// per_window: scored tokens of one window; the pairs are of whole windows.
Divergence DivergenceOf(const TokenPairs& pairs, int per_window);

// The bands that perplexity ratios stand for (moe-techniques.md 2.19): ok if the interval lies
// below 1.02, flagged if it lies above 1.10, else inconclusive: answers must tell.
Verdict DivergenceVerdict(const Divergence& divergence);

}  // namespace moebench
