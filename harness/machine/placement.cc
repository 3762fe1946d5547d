#include "harness/machine/placement.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

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

std::string MemoryMismatch(const PlacementPlan& asked, const PlacementProof& got) {
  double resident = 0, elsewhere = 0;
  for (const auto& [node, pages] : got.pages_per_node) {
    resident += static_cast<double>(pages);
    const auto& nodes = asked.memory_nodes;
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
      elsewhere += static_cast<double>(pages);
    }
  }
  if (resident <= 0) return "no page of the model is resident";
  if (elsewhere > kTolerance * resident) {
    return Percent(elsewhere / resident) + " of the pages are on nodes that were not asked for";
  }
  if (asked.policy != "interleave") return "";
  const double fair = 1.0 / static_cast<double>(asked.memory_nodes.size());
  for (const int node : asked.memory_nodes) {
    const auto found = got.pages_per_node.find(node);
    const double share =
        found == got.pages_per_node.end() ? 0 : static_cast<double>(found->second) / resident;
    if (std::abs(share - fair) > std::min(kTolerance, fair / 2)) {
      return "node " + std::to_string(node) + " holds " + Percent(share) +
             " of the pages, interleave asks for " + Percent(fair);
    }
  }
  return "";
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
