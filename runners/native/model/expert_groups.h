// Routed tokens in the order of the experts that compute them.
//   GroupByExpert(ids, weights, n_tokens, k, groups);
//   for slots groups.begin[e] .. groups.begin[e + 1]: token groups.token[slot] goes to expert e
// Pure; allocates nothing.
#pragma once

#include <span>

namespace moebench {

struct ExpertGroups {
  std::span<int> begin;     // [n_experts + 1] first slot of each expert
  std::span<int> token;     // [n_tokens x k] rising within an expert
  std::span<float> weight;  // [n_tokens x k] of the expert's output in the token's sum
};

// ids, weights [n_tokens, k]; the experts of one token are different.
void GroupByExpert(std::span<const int> ids, std::span<const float> weights, int n_tokens, int k,
                   ExpertGroups& groups);

}  // namespace moebench
