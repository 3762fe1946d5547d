#include "harness/machine/remote_share.h"

#include <map>

namespace moebench {
namespace {

// Share of the threads on each node, of those whose rows are on `rows_node` or, with -1, of all.
std::map<int, double> ThreadShares(const PlacementPlan& plan, int rows_node) {
  std::map<int, double> threads;
  double all = 0;
  for (size_t i = 0; i < plan.seat_nodes.size(); ++i) {
    const bool reads =
        rows_node < 0 || (i < plan.thread_nodes.size() && plan.thread_nodes[i] == rows_node);
    if (!reads) continue;
    threads[plan.seat_nodes[i]] += 1;
    all += 1;
  }
  for (auto& [node, share] : threads) share /= all;
  return threads;
}

}  // namespace

std::optional<double> RemoteShare(const PlacementPlan& plan, const PlacementProof& proof) {
  double pages = 0, remote = 0;
  for (const MemoryPart& part : proof.parts) {
    const bool weights =
        part.what == "weights" || part.what == "experts" || part.what == "shared weights";
    if (!weights) continue;
    const std::map<int, double> threads = ThreadShares(plan, part.node);
    if (threads.empty()) continue;
    for (const auto& [node, count] : part.pages_per_node) {
      const auto near = threads.find(node);
      pages += static_cast<double>(count);
      remote += static_cast<double>(count) * (1 - (near == threads.end() ? 0 : near->second));
    }
  }
  if (pages <= 0) return std::nullopt;
  return remote / pages;
}

}  // namespace moebench
