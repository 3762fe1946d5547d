#include "runners/native/kernels/routing.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {

void RouteTopK(const KernelTable& kernels, std::span<float> logits, std::span<int> ids,
               std::span<float> weights) {
  const std::size_t k = ids.size();
  CHECK(k >= 1 && k <= logits.size() && weights.size() == k);
  kernels.softmax(logits.data(), static_cast<int>(logits.size()));
  // Insertion into the sorted k best: most experts fail the first comparison.
  std::size_t found = 0;
  for (std::size_t expert = 0; expert < logits.size(); ++expert) {
    const float probability = logits[expert];
    if (found == k && !(probability > weights[k - 1])) continue;
    std::size_t at = found < k ? found++ : k - 1;
    for (; at > 0 && probability > weights[at - 1]; --at) {
      weights[at] = weights[at - 1];
      ids[at] = ids[at - 1];
    }
    weights[at] = probability;
    ids[at] = static_cast<int>(expert);
  }
  float sum = 0;
  for (const float weight : weights) sum += weight;
  constexpr float kSmallestSum = 6.103515625e-5f;
  const float scale = 1.0f / std::max(sum, kSmallestSum);
  for (float& weight : weights) weight *= scale;
}

}  // namespace moebench
