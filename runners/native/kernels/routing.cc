#include "runners/native/kernels/routing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Indices of the k largest in falling order, by insertion into the sorted k best: most fail the
// first comparison. NaN counts as smaller than everything.
void LargestOf(std::span<const float> values, std::span<int> ids, std::span<float> largest) {
  const std::size_t k = ids.size();
  std::size_t found = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float value = values[i];
    if (found == k && !(value > largest[k - 1])) continue;
    std::size_t at = found < k ? found++ : k - 1;
    for (; at > 0 && value > largest[at - 1]; --at) {
      largest[at] = largest[at - 1];
      ids[at] = ids[at - 1];
    }
    largest[at] = value;
    ids[at] = static_cast<int>(i);
  }
}

// Puts -infinity where an expert's group is not among the best; scores [n_groups].
void CloseGroups(const RoutingRule& rule, std::span<float> choice, std::span<float> scores) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const std::size_t n = static_cast<std::size_t>(rule.n_groups), each = choice.size() / n;
  for (std::size_t g = 0; g < n; ++g) {
    float best = kNever, second = kNever;
    for (const float value : choice.subspan(g * each, each)) {
      if (value > best) {
        second = best;
        best = value;
      } else {
        second = std::max(second, value);
      }
    }
    scores[g] = best + second;
  }
  for (std::size_t g = 0; g < n; ++g) {
    int better = 0;
    for (std::size_t other = 0; other < n; ++other) {
      better += scores[other] > scores[g] || (scores[other] == scores[g] && other < g);
    }
    if (better >= rule.groups_used)
      std::fill_n(choice.begin() + std::ptrdiff_t(g * each), each, kNever);
  }
}

}  // namespace

void RouteTopK(const KernelTable& kernels, const RoutingRule& rule, std::span<float> logits,
               std::span<float> scratch, std::span<int> ids, std::span<float> weights) {
  const std::size_t n = logits.size(), k = ids.size();
  CHECK(k >= 1 && k <= static_cast<std::size_t>(MostExperts(rule, static_cast<int>(n))));
  CHECK(weights.size() == k && scratch.size() >= 2 * n);
  if (rule.gate == Gate::kSoftmax) kernels.softmax(logits.data(), static_cast<int>(n));
  if (rule.gate == Gate::kSigmoid) {
    for (float& logit : logits) logit = 1.0f / (1.0f + std::exp(-logit));
  }
  if (rule.selection_bias == nullptr && rule.n_groups == 1) {
    LargestOf(logits, ids, weights);
  } else {
    const std::span<float> choice = scratch.first(n);
    for (std::size_t i = 0; i < n; ++i) {
      choice[i] = logits[i] + (rule.selection_bias == nullptr ? 0 : rule.selection_bias[i]);
    }
    if (rule.n_groups > 1) CloseGroups(rule, choice, scratch.subspan(n));
    LargestOf(choice, ids, weights);
    for (std::size_t i = 0; i < k; ++i) weights[i] = logits[static_cast<std::size_t>(ids[i])];
  }
  if (rule.gate == Gate::kSoftmaxOfChosen) kernels.softmax(weights.data(), static_cast<int>(k));
  float scale = rule.scale;
  if (rule.normalise) {
    float sum = 0;
    for (const float weight : weights) sum += weight;
    constexpr float kSmallestSum = 6.103515625e-5f;
    scale = rule.scale / std::max(sum, kSmallestSum);
  }
  for (float& weight : weights) weight *= scale;
}

}  // namespace moebench
