#include "harness/machine/placement.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

#include "harness/machine/placement_name.h"

namespace moebench {
namespace {

constexpr double kTolerance = 0.05;  // of all resident pages

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string ThreadMismatch(const PlacementPlan& asked, const PlacementProof& got) {
  if (asked.thread_cpus.size() != got.thread_cpus.size()) {
    return std::to_string(asked.thread_cpus.size()) + " pinned threads were asked for, " +
           std::to_string(got.thread_cpus.size()) + " ran";
  }
  for (size_t i = 0; i < asked.thread_cpus.size(); ++i) {
    if (asked.thread_cpus[i] == got.thread_cpus[i]) continue;
    const std::string where = got.thread_cpus[i] < 0
                                  ? "on more than one cpu"
                                  : "on cpu " + std::to_string(got.thread_cpus[i]);
    return "thread " + std::to_string(i) + " was to run on cpu " +
           std::to_string(asked.thread_cpus[i]) + ", may run " + where;
  }
  return "";
}

double Total(const std::map<int, int64_t>& pages) {
  double total = 0;
  for (const auto& [node, count] : pages) total += static_cast<double>(count);
  return total;
}

double ShareOn(const std::map<int, int64_t>& pages, int node) {
  const auto found = pages.find(node);
  return found == pages.end() ? 0 : static_cast<double>(found->second) / Total(pages);
}

std::string ShareMismatch(const PlacementPlan& asked, const std::map<int, int64_t>& pages,
                          const std::string& policy) {
  const size_t n = asked.memory_nodes.size();
  std::vector<int> weights = asked.node_weights;
  if (weights.size() != n) weights.assign(n, 1);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (size_t i = 0; i < n; ++i) {
    const double fair = weights[i] / sum;
    const double share = ShareOn(pages, asked.memory_nodes[i]);
    if (std::abs(share - fair) > std::min(kTolerance, fair / 2)) {
      return "node " + std::to_string(asked.memory_nodes[i]) + " holds " + Percent(share) +
             " of the pages, " + policy + " asks for " + Percent(fair);
    }
  }
  return "";
}

std::string ShardMismatch(const PlacementPlan& asked, const PlacementProof& got,
                          const std::string& policy) {
  std::set<int> missing(asked.thread_nodes.begin(), asked.thread_nodes.end());
  for (const MemoryPart& part : got.parts) {
    if (part.node < 0 || Total(part.pages_per_node) <= 0) continue;
    missing.erase(part.node);
    const double share = ShareOn(part.pages_per_node, part.node);
    if (share < 1 - kTolerance) {
      return "of the " + std::string(part.what == "experts" ? "experts" : "rows") + " of node " +
             std::to_string(part.node) + "'s threads " + Percent(share) + " are on that node, " +
             policy + " asks for 100 %";
    }
  }
  const bool experts = std::any_of(got.parts.begin(), got.parts.end(), [](const MemoryPart& part) {
    return part.what == "experts" && part.node >= 0;
  });
  if (policy == "expert-shard" && !experts) return "nothing says where the experts are";
  if (missing.empty()) return "";
  return "nothing says where the rows of node " + std::to_string(*missing.begin()) +
         "'s threads are";
}

std::string MemoryMismatch(const PlacementPlan& asked, const PlacementProof& got) {
  const std::string policy(PolicyOf(asked.policy));
  const double resident = Total(got.pages_per_node);
  if (resident <= 0) return "no page of the model is resident";
  if (policy == "none") return "";
  double elsewhere = 0;
  for (const auto& [node, pages] : got.pages_per_node) {
    const auto& nodes = asked.memory_nodes;
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
      elsewhere += static_cast<double>(pages);
    }
  }
  if (elsewhere > kTolerance * resident) {
    return Percent(elsewhere / resident) + " of the pages are on nodes that were not asked for";
  }
  if (policy == "interleave" || policy == "weighted-interleave") {
    return ShareMismatch(asked, got.pages_per_node, policy);
  }
  return ShardsRows(policy) ? ShardMismatch(asked, got, policy) : "";
}

}  // namespace

std::string PlacementMismatch(const PlacementPlan& asked, const PlacementProof& got,
                              int machine_node_count) {
  if (!got.unavailable.empty()) {
    if (machine_node_count > 1) return "the kernel did not say where pages are: " + got.unavailable;
    return got.thread_cpus.empty() ? "" : ThreadMismatch(asked, got);
  }
  if (std::string why = ThreadMismatch(asked, got); !why.empty()) return why;
  return MemoryMismatch(asked, got);
}

}  // namespace moebench
