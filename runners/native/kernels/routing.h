// Which experts a token gets.
//   RouteTopK(kernels, logits, ids, weights);
// Pure; allocates nothing.
#pragma once

#include <span>

#include "runners/native/kernels/kernel_table.h"

namespace moebench {

// Softmax over all experts, then the k largest, divided by their sum (Qwen3-MoE, arXiv:2505.09388;
// Mixtral). That sum is taken as at least 6.103515625e-5, the smallest normal binary16, as in
// llama.cpp.
//   logits   [n_experts]  router output; overwritten by the probabilities
//   ids      [k]  in falling order of probability; equal ones by lower id
//   weights  [k]  sum to 1
// k = ids.size() = weights.size() in 1..n_experts. NaN logits give weights that are NaN.
void RouteTopK(const KernelTable& kernels, std::span<float> logits, std::span<int> ids,
               std::span<float> weights);

}  // namespace moebench
