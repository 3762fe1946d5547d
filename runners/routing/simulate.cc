#include "runners/routing/simulate.h"

#include <algorithm>

#include "harness/base/error.h"
#include "runners/routing/expert_nodes.h"

namespace moebench {
namespace {

struct StepMeans {     // over all steps
  double unique = 0;   // distinct experts of a step, summed over its layers
  double busiest = 0;  // the most that one node gives in a layer, summed over the layers
};

// node_of[layer][expert]
StepMeans MeansOf(const RoutingTrace& trace, const ForecastShape& shape,
                  const std::vector<std::vector<int>>& node_of) {
  const int steps = trace.n_tokens() / shape.batch;
  std::vector<int> last_step(static_cast<std::size_t>(trace.n_experts));
  std::vector<int> given(static_cast<std::size_t>(shape.n_nodes));
  int64_t unique = 0, busiest = 0;
  for (int layer = 0; layer < trace.n_layers; ++layer) {
    std::fill(last_step.begin(), last_step.end(), -1);
    for (int step = 0; step < steps; ++step) {
      std::fill(given.begin(), given.end(), 0);
      for (int i = 0; i < shape.batch; ++i) {
        for (const int32_t expert : trace.Experts(step * shape.batch + i, layer)) {
          const auto e = static_cast<std::size_t>(expert);
          if (last_step[e] == step) continue;
          last_step[e] = step;
          ++unique;
          ++given[static_cast<std::size_t>(node_of[static_cast<std::size_t>(layer)][e])];
        }
      }
      busiest += *std::max_element(given.begin(), given.end());
    }
  }
  return {static_cast<double>(unique) / steps, static_cast<double>(busiest) / steps};
}

StepMeans MeansUnder(ExpertRule rule, const RoutingTrace& trace, const ForecastShape& shape) {
  std::vector<std::vector<int>> node_of;
  for (int layer = 0; layer < trace.n_layers; ++layer) {
    node_of.push_back(AssignExperts(rule, trace, layer, shape.n_nodes));
  }
  return MeansOf(trace, shape, node_of);
}

void Require(bool holds, const std::string& what, const std::string& hint) {
  if (!holds) throw Error{what, "", hint, ExitCode::kUsage};
}

}  // namespace

std::vector<PolicyForecast> ForecastPolicies(const RoutingTrace& trace, const ForecastShape& shape,
                                             const ModelBytes& bytes) {
  Require(shape.n_nodes >= 1, "a machine has at least one node", "");
  Require(shape.batch >= 1 && shape.batch <= trace.n_tokens(),
          "a step of " + std::to_string(shape.batch) + " tokens can't be cut from a trace of " +
              std::to_string(trace.n_tokens()),
          "take a smaller batch");
  const double n = shape.n_nodes, batch = shape.batch, layers = trace.n_layers;
  const StepMeans by_turn = MeansUnder(ExpertRule::kRoundRobin, trace, shape);
  const double all = (bytes.dense + by_turn.unique * bytes.expert) / batch;  // of one token
  const double even = all / n, experts = by_turn.unique / layers;
  const auto shard = [&](const char* name, const StepMeans& means) {
    const double busiest = (bytes.dense / n + means.busiest * bytes.expert) / batch;
    return PolicyForecast{name, busiest, 0, means.busiest / layers, even / busiest};
  };
  std::vector<PolicyForecast> forecasts = {
      {"row-shard", even, 0, experts / n, 1},
      {"replicate", even, 0, experts / n, 1},
      {"interleave", even, (n - 1) / n, experts / n, 1},
      shard("expert-shard(against co-activation)",
            MeansUnder(ExpertRule::kAgainstCoActivation, trace, shape)),
      shard("expert-shard(by load)", MeansUnder(ExpertRule::kByLoad, trace, shape)),
      shard("expert-shard(round robin)", by_turn),
      {"local", all, 0, experts, 1 / n}};
  std::stable_sort(forecasts.begin(), forecasts.end(),
                   [](const auto& a, const auto& b) { return a.busiest_bytes < b.busiest_bytes; });
  return forecasts;
}

}  // namespace moebench
