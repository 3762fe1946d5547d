#include "runners/native/native_placement.h"

#include <map>
#include <utility>

#include "harness/base/error.h"
#include "harness/machine/memory_policy.h"
#include "harness/machine/node_memory.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

std::string NameOf(UsedMemory::Kind kind) {
  switch (kind) {
    case UsedMemory::Kind::kRows:
      return "weights";
    case UsedMemory::Kind::kExperts:
      return "experts";
    case UsedMemory::Kind::kSharedWeights:
      return "shared weights";
    case UsedMemory::Kind::kKvCache:
      return "kv cache";
    case UsedMemory::Kind::kRecurrentState:
      return "recurrent state";
    case UsedMemory::Kind::kActivations:
      break;
  }
  return "activations";
}

void Add(const PageCounts& counts, std::map<int, int64_t>* per_node, int64_t* absent) {
  for (const auto& [node, pages] : counts.per_node) (*per_node)[node] += pages;
  *absent += counts.absent;
}

}  // namespace

void RequireRoom(const PlacementPlan& plan, std::span<const ModelFacts> models,
                 int context_tokens) {
  if (!plan.thread_nodes.empty() && plan.thread_nodes.size() != plan.thread_cpus.size()) {
    throw Error{"placement '" + plan.policy + "' names " +
                    std::to_string(plan.thread_nodes.size()) + " nodes for " +
                    std::to_string(plan.thread_cpus.size()) + " threads",
                kPlacementRefused, "one for each thread", ExitCode::kUsage};
  }
  int64_t rows_bytes = 0, shared_bytes = 0;
  for (const ModelFacts& facts : models) {
    rows_bytes += facts.file_bytes;
    shared_bytes += int64_t{context_tokens} * facts.kv_bytes_per_position + facts.state_bytes;
  }
  const std::string shortage = NodeShortage(PredictNodeBytes(plan, rows_bytes, shared_bytes),
                                            ReadNodeFree("/", plan.memory_nodes));
  if (shortage.empty()) return;
  throw Error{"placement '" + plan.policy + "': " + shortage, kPlacementRefused,
              "use a policy over more nodes, or free memory there", ExitCode::kIo};
}

std::vector<ThreadSeat> ThreadSeatsOf(const PlacementPlan& plan) {
  std::vector<ThreadSeat> seats;
  if (plan.seat_nodes.empty() && plan.seat_caches.empty()) return seats;
  const std::size_t n = plan.thread_cpus.size();
  if (plan.seat_nodes.size() != n || plan.seat_caches.size() != n) {
    throw Error{"placement '" + plan.policy + "' says where other threads than its " +
                    std::to_string(n) + " sit",
                kPlacementRefused, "one node and one cache for each thread", ExitCode::kUsage};
  }
  for (std::size_t i = 0; i < n; ++i) seats.push_back({plan.seat_nodes[i], plan.seat_caches[i]});
  return seats;
}

MemoryBinders BindersFor(const PlacementPlan& plan) {
  const MemoryBinder all = [plan](void* begin, std::size_t bytes) {
    BindMemory(begin, bytes, plan);
  };
  if (plan.thread_nodes.empty()) {
    return {.shared = all, .rows = [all](int) { return all; }, .cache = all};
  }
  return {.shared = all,
          .rows =
              [plan](int thread) {
                PlacementPlan own = plan;
                own.memory_nodes = {plan.thread_nodes.at(static_cast<std::size_t>(thread))};
                return [own](void* begin, std::size_t bytes) { BindMemory(begin, bytes, own); };
              },
          .cache = {}};
}

PlacementProof ProveMemory(const PlacementPlan& plan, const std::vector<UsedMemory>& memory,
                           std::vector<int> thread_cpus) {
  // One part for each kind, and for each node whose threads' rows were to be there.
  std::map<std::pair<UsedMemory::Kind, int>, std::vector<PageRange>> ranges;
  for (const UsedMemory& used : memory) {
    if (used.bytes.empty()) continue;
    const bool placed = used.thread >= 0 && !plan.thread_nodes.empty();
    const int node = placed ? plan.thread_nodes.at(static_cast<std::size_t>(used.thread)) : -1;
    ranges[{used.kind, node}].push_back({used.bytes.data(), used.bytes.size()});
  }
  PlacementProof proof;
  proof.thread_cpus = std::move(thread_cpus);
  for (const auto& [key, list] : ranges) {
    const PageCounts counts = ReadPages(list);
    if (!counts.unavailable.empty()) proof.unavailable = counts.unavailable;
    MemoryPart part{.what = NameOf(key.first), .node = key.second};
    Add(counts, &part.pages_per_node, &part.pages_absent);
    if (key.first != UsedMemory::Kind::kActivations) {
      Add(counts, &proof.pages_per_node, &proof.pages_absent);
    }
    proof.parts.push_back(std::move(part));
  }
  proof.huge_page_bytes = HugePageBytes(ReadSmallFile("/proc/self/smaps_rollup").value_or(""));
  return proof;
}

}  // namespace moebench
