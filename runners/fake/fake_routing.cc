#include "runners/fake/fake_routing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"

namespace moebench {

RoutingResult MakeUpRouting(const FakeScript& script, const RoutingRequest& request, int k) {
  const ModelFacts& model = script.model;
  const int tokens = std::min(request.max_tokens, static_cast<int>(request.text.size() / 4) + 1);
  if (tokens < 1 || k < 1 || k > model.n_experts) {
    throw Error{"nothing can be traced of " + std::to_string(tokens) +
                    " tokens at k = " + std::to_string(k),
                "trace routing", "", ExitCode::kUsage};
  }
  RoutingResult result{
      {.n_experts = model.n_experts, .n_layers = model.n_moe_layers, .ids = {}, .begin = {0}},
      k,
      k};
  Rng rng(script.seed ^ Fnv1a64(request.text));
  std::vector<char> taken(static_cast<std::size_t>(model.n_experts));
  for (int64_t i = 0; i < int64_t{tokens} * model.n_moe_layers; ++i) {
    std::fill(taken.begin(), taken.end(), 0);
    for (int n = 0; n < k; ++n) {
      const double place = std::pow(rng.Uniform(), 1 + script.routing_skew.value_or(0));
      auto expert = static_cast<std::size_t>(place * model.n_experts) % taken.size();
      while (taken[expert] != 0) expert = (expert + 1) % taken.size();
      taken[expert] = 1;
    }
    for (int expert = 0; expert < model.n_experts; ++expert) {
      if (taken[static_cast<std::size_t>(expert)] != 0) result.trace.ids.push_back(expert);
    }
    result.trace.begin.push_back(result.trace.ids.size());
  }
  return result;
}

}  // namespace moebench
