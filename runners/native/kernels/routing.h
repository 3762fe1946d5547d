// Which experts a token gets, and with which weights.
//   RouteTopK(kernels, {}, logits, scratch, ids, weights);
// Pure; allocates nothing.
#pragma once

#include <span>

#include "runners/native/kernels/kernel_table.h"

namespace moebench {

enum class Gate {
  kSoftmax,          // over all experts (Qwen3-MoE, arXiv:2505.09388; Mixtral)
  kSigmoid,          // of each (DeepSeek-V3, arXiv:2412.19437; GLM-4.5)
  kSoftmaxOfChosen,  // the k largest logits, and the softmax over those (gpt-oss)
};

struct RoutingRule {
  Gate gate = Gate::kSoftmax;
  // Weights are divided by their sum, taken as at least 6.103515625e-5, the smallest normal
  // binary16, as in llama.cpp.
  bool normalise = true;
  float scale = 1;  // then times this
  // Experts stand in n_groups; only those of the groups_used best can be chosen. A group's score is
  // the sum of its two best (DeepSeek-V3).
  int n_groups = 1, groups_used = 1;
  const float* selection_bias = nullptr;  // [n_experts] added for the choice, not to the weights
};

// Experts that a token can get at most.
inline int MostExperts(const RoutingRule& rule, int n_experts) {
  return n_experts / rule.n_groups * rule.groups_used;
}

//   logits   [n_experts]  router output; overwritten by the probabilities
//   scratch  [2 n_experts]
//   ids      [k]  in falling order of what they are chosen by; equal ones by lower id
//   weights  [k]
// k = ids.size() = weights.size() in 1..MostExperts. NaN logits give weights that are NaN.
void RouteTopK(const KernelTable& kernels, const RoutingRule& rule, std::span<float> logits,
               std::span<float> scratch, std::span<int> ids, std::span<float> weights);

}  // namespace moebench
