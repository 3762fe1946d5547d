// Router weights under which some experts are used more than others, as in trained models.
//   std::vector<float> rows = RouterWeights(128, 8, 2048, seed);  // [128, 2048]
//
// Popularity: the share of tokens that an expert gets, in units of the even share k / N, is taken
// as log-normal. Its deviation was fitted to published counts of two models over five or six
// domains and three layers each (OpenMoE-style analysis of OLMoE, arXiv:2409.02060 section 5,
// expert_counts.json): the median over domains and layers of the deviation of the logarithm is
// 0.68 for OLMoE (64 experts, 8 used; 0.27 to 1.8; largest share 4.5 times the even one) and 0.12
// for Mixtral-8x7B (8 experts, 2 used; 0.04 to 0.34). Few experts take Mixtral's figure, many
// OLMoE's.
//
// Realisation: behind a norm the hidden state of a random model is as good as a draw from N(0, 1)
// in each channel, so an expert whose row has length s gets logits ~ N(0, s^2) and is chosen when
// its logit is above a threshold that all share. A share p follows from s = z(k / N) / z(p), where
// z(q) is the quantile of N(0, 1) above which q lies. Shares above 0.35 are cut to that.
// What is not modelled: that neighbouring tokens of a text share experts more than chance would.
#pragma once

#include <cstdint>
#include <vector>

namespace moebench {

// The share of tokens that each expert is meant to get, summing to about k; shuffled by seed.
std::vector<double> ExpertShares(int n_experts, int k, uint64_t seed);

// [n_experts, d_model], row-major.
std::vector<float> RouterWeights(int n_experts, int k, int d_model, uint64_t seed);

}  // namespace moebench
