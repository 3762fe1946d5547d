#include "runners/native/model/expert_groups.h"

#include <algorithm>
#include <cstddef>

namespace moebench {

void GroupByExpert(std::span<const int> ids, std::span<const float> weights, int n_tokens, int k,
                   ExpertGroups& groups) {
  const std::size_t per_token = static_cast<std::size_t>(k);
  const std::size_t n = static_cast<std::size_t>(n_tokens) * per_token;
  // begin[e + 1] counts e, then becomes where e starts, then where it ends: a counting sort.
  std::fill(groups.begin.begin(), groups.begin.end(), 0);
  for (std::size_t i = 0; i < n; ++i) ++groups.begin[static_cast<std::size_t>(ids[i]) + 1];
  int total = 0;
  for (std::size_t e = 1; e < groups.begin.size(); ++e) {
    const int count = groups.begin[e];
    groups.begin[e] = total;
    total += count;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t slot =
        static_cast<std::size_t>(groups.begin[static_cast<std::size_t>(ids[i]) + 1]++);
    groups.token[slot] = static_cast<int>(i / per_token);
    groups.weight[slot] = weights[i];
  }
}

}  // namespace moebench
