#include "runners/routing/expert_nodes.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "harness/base/error.h"

namespace moebench {
namespace {

std::vector<int64_t> UsesOf(const RoutingTrace& trace, int layer) {
  std::vector<int64_t> uses(static_cast<std::size_t>(trace.n_experts));
  for (int token = 0; token < trace.n_tokens(); ++token) {
    for (const int32_t expert : trace.Experts(token, layer))
      ++uses[static_cast<std::size_t>(expert)];
  }
  return uses;
}

// together[a * n + b]: tokens that took both.
std::vector<int64_t> UsesTogether(const RoutingTrace& trace, int layer) {
  const auto n = static_cast<std::size_t>(trace.n_experts);
  std::vector<int64_t> together(n * n);
  for (int token = 0; token < trace.n_tokens(); ++token) {
    for (const int32_t a : trace.Experts(token, layer)) {
      for (const int32_t b : trace.Experts(token, layer)) {
        ++together[static_cast<std::size_t>(a) * n + static_cast<std::size_t>(b)];
      }
    }
  }
  return together;
}

// Gives experts out, the most used first, each to the node that costs the least and has room.
//   cost(expert, node): before the expert is there
template <typename Cost, typename Placed>
std::vector<int> GiveOut(const std::vector<int64_t>& uses, int n_nodes, Cost cost, Placed placed) {
  const int n = static_cast<int>(uses.size());
  std::vector<int> order(uses.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return uses[static_cast<std::size_t>(a)] > uses[static_cast<std::size_t>(b)];
  });
  std::vector<int> node_of(uses.size(), -1), held(static_cast<std::size_t>(n_nodes), 0);
  int larger = n % n_nodes;  // nodes that may hold one more than the others
  for (const int expert : order) {
    int best = -1;
    int64_t least = std::numeric_limits<int64_t>::max();
    for (int node = 0; node < n_nodes; ++node) {
      const int has = held[static_cast<std::size_t>(node)];
      if (has > n / n_nodes || (has == n / n_nodes && larger == 0)) continue;
      if (const int64_t c = cost(expert, node); c < least) {
        least = c;
        best = node;
      }
    }
    CHECK(best >= 0);
    if (held[static_cast<std::size_t>(best)]++ == n / n_nodes) --larger;
    node_of[static_cast<std::size_t>(expert)] = best;
    placed(expert, best);
  }
  return node_of;
}

}  // namespace

std::vector<int> AssignExperts(ExpertRule rule, const RoutingTrace& trace, int layer, int n_nodes) {
  if (n_nodes < 1 || layer < 0 || layer >= trace.n_layers) {
    throw Error{"experts of layer " + std::to_string(layer) + " can't be put on " +
                    std::to_string(n_nodes) + " nodes",
                "", "the trace has " + std::to_string(trace.n_layers) + " layers",
                ExitCode::kConfig};
  }
  const auto n = static_cast<std::size_t>(trace.n_experts);
  const auto nodes = static_cast<std::size_t>(n_nodes);
  if (rule == ExpertRule::kRoundRobin) {
    std::vector<int> node_of(n);
    for (std::size_t e = 0; e < n; ++e) node_of[e] = static_cast<int>(e % nodes);
    return node_of;
  }
  const std::vector<int64_t> uses = UsesOf(trace, layer);
  std::vector<int64_t> load(nodes);
  const auto use = [&](int expert) { return uses[static_cast<std::size_t>(expert)]; };
  if (rule == ExpertRule::kByLoad) {
    return GiveOut(
        uses, n_nodes, [&](int, int node) { return load[static_cast<std::size_t>(node)]; },
        [&](int expert, int node) { load[static_cast<std::size_t>(node)] += use(expert); });
  }
  const std::vector<int64_t> together = UsesTogether(trace, layer);
  std::vector<int64_t> shared(n * nodes);  // with the experts that are on the node already
  return GiveOut(
      uses, n_nodes,
      [&](int expert, int node) {
        return shared[static_cast<std::size_t>(expert) * nodes + static_cast<std::size_t>(node)];
      },
      [&](int expert, int node) {
        for (std::size_t e = 0; e < n; ++e) {
          shared[e * nodes + static_cast<std::size_t>(node)] +=
              together[static_cast<std::size_t>(expert) * n + e];
        }
      });
}

}  // namespace moebench
