#include "harness/machine/placement_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/thread_seats.h"

namespace moebench {
namespace {

bool Contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

std::vector<int> AllowedMemoryNodes(const Topology& topology) {
  std::vector<int> nodes;
  for (const NumaNode& node : topology.nodes) {
    if (node.has_memory && Contains(topology.allowed_nodes, node.os_id)) {
      nodes.push_back(node.os_id);
    }
  }
  return nodes;
}

// Nodes that have both a seat and memory that we may use.
std::vector<int> WholeNodes(const Topology& topology, const SeatsByNode& seats) {
  std::vector<int> nodes = AllowedMemoryNodes(topology);
  std::erase_if(nodes, [&](int node) { return !seats.contains(node); });
  return nodes;
}

// The whole node with the most seats, then the most memory; -1 if there is none.
int BestLocalNode(const Topology& topology, const SeatsByNode& seats) {
  int best = -1;
  for (const int node : WholeNodes(topology, seats)) {
    if (best >= 0) {
      const size_t mine = seats.at(node).size(), most = seats.at(best).size();
      if (mine < most || (mine == most && topology.FindNode(node)->memory_bytes <=
                                              topology.FindNode(best)->memory_bytes)) {
        continue;
      }
    }
    best = node;
  }
  return best;
}

int CheckedThreads(int threads, int seats, const std::string& whose) {
  if (threads < 0) {
    throw Error{"threads: " + std::to_string(threads) + " is no number of threads", "",
                "at least 1, or 0 for one per core", ExitCode::kConfig};
  }
  if (threads > seats) {
    throw Error{"threads: " + std::to_string(threads) + " were asked for, " + whose + " has " +
                    std::to_string(seats) + (seats == 1 ? " core" : " cores") + " for them",
                "", "at most " + std::to_string(seats) + ": one thread each", ExitCode::kConfig};
  }
  return threads == 0 ? seats : threads;
}

void CheckNamedNodes(const Topology& topology, const PlacementName& name, const std::string& text) {
  const std::vector<int> usable = AllowedMemoryNodes(topology);
  for (const int node : name.nodes) {
    if (Contains(usable, node)) continue;
    const NumaNode* found = topology.FindNode(node);
    const std::string why = found == nullptr ? " is not there"
                            : !found->has_memory
                                ? " has no memory"
                                : " is outside the cpuset of this process (cpuset.mems: " +
                                      FormatList(topology.allowed_nodes) + ")";
    throw Error{"placement '" + text + "': node " + std::to_string(node) + why, "",
                "nodes with memory: " + FormatList(usable), ExitCode::kConfig};
  }
}

SeatsByNode SeatsFor(const Topology& topology, const PlacementName& name) {
  SeatsByNode seats = SeatsOf(topology, name.layout, name.per_node);
  const bool any = std::any_of(name.nodes.begin(), name.nodes.end(),
                               [&](int node) { return seats.contains(node); });
  if (any) {
    std::erase_if(seats, [&](const auto& entry) { return !Contains(name.nodes, entry.first); });
  }
  return seats;
}

// The node of these that is nearest to `node`: itself, else by distance; of equals the one with the
// fewest threads so far, so that nobody's rows all go to one of them.
int NearestOf(const Topology& topology, int node, const std::vector<int>& nodes,
              std::map<int, int>& threads) {
  int best = nodes.front();
  if (Contains(nodes, node)) {
    best = node;
  } else {
    for (const int candidate : nodes) {
      const int nearer = topology.Distance(node, candidate) - topology.Distance(node, best);
      if (nearer < 0 || (nearer == 0 && threads[candidate] < threads[best])) best = candidate;
    }
  }
  ++threads[best];
  return best;
}

// Where each of the plan's threads runs.
void NoteSeats(const Topology& topology, PlacementPlan* plan) {
  std::map<int, const Core*> core_of;
  for (const Core& core : topology.cores) {
    for (const int cpu : core.cpus) core_of[cpu] = &core;
  }
  for (const int cpu : plan->thread_cpus) {
    plan->seat_nodes.push_back(core_of.at(cpu)->node);
    plan->seat_caches.push_back(core_of.at(cpu)->l3);
  }
}

void ShardRows(const Topology& topology, PlacementPlan* plan) {
  std::map<int, int> threads;  // whose rows are on each node
  for (const int node : plan->seat_nodes) {
    plan->thread_nodes.push_back(NearestOf(topology, node, plan->memory_nodes, threads));
  }
  const std::set<int> used(plan->thread_nodes.begin(), plan->thread_nodes.end());
  plan->memory_nodes.assign(used.begin(), used.end());
}

std::vector<int> WeightsFor(const Topology& topology, const PlacementName& name,
                            const std::vector<int>& nodes, const std::string& text) {
  if (!name.weights.empty()) return name.weights;
  if (topology.interleave_weights.size() != topology.nodes.size()) {
    throw Error{"placement '" + text + "': this kernel keeps no weights (Linux 6.9 does)", "",
                "give them: weighted-interleave:" + std::to_string(nodes.front()) + "=4+...",
                ExitCode::kConfig};
  }
  std::vector<int> weights;
  for (const int node : nodes) {
    const auto place = static_cast<size_t>(topology.FindNode(node) - topology.nodes.data());
    weights.push_back(topology.interleave_weights[place]);
  }
  return weights;
}

PlacementPlan PlanLocal(const Topology& topology, const SeatsByNode& seats,
                        const PlacementName& name, const std::string& text, int threads) {
  int node = BestLocalNode(topology, seats);
  if (!name.nodes.empty() && !seats.contains(name.nodes.front())) node = -1;
  if (node < 0) {
    throw Error{"placement: " + text +
                    " needs a NUMA node with both cores and memory, and this process may use none",
                "", "use interleave", ExitCode::kConfig};
  }
  const std::vector<Seat>& there = seats.at(node);
  const std::string whose =
      text + ": node " + std::to_string(node) + (name.nodes.empty() ? ", the largest," : "");
  const int count = CheckedThreads(threads, static_cast<int>(there.size()), whose);
  PlacementPlan plan{.policy = text, .memory_nodes = {node}};
  for (const Seat& seat : TakeSeats(there, count)) plan.thread_cpus.push_back(seat.cpu);
  NoteSeats(topology, &plan);
  return plan;
}

bool WeightsDiffer(const Topology& topology) {
  std::set<int> weights(topology.interleave_weights.begin(), topology.interleave_weights.end());
  weights.erase(0);  // of nodes without memory
  return weights.size() > 1;
}

// "0-3+8"
std::string NodesInName(const std::vector<int>& nodes) {
  std::string text = FormatList(nodes);
  std::replace(text.begin(), text.end(), ',', '+');
  return text;
}

}  // namespace

std::vector<std::string> AutoPolicies(const Topology& topology) {
  const SeatsByNode seats = SeatsOf(topology, ThreadLayout::kPerCore, 0);
  const std::vector<int> memory = AllowedMemoryNodes(topology);
  const std::vector<int> whole = WholeNodes(topology, seats);
  if ((seats.size() <= 1 && memory.size() <= 1) || whole.empty()) return {"interleave"};
  std::vector<std::string> names = {"row-shard"};
  // Memory without cores is slow memory (CXL): in the same share as the rest it would slow all
  // down.
  names.push_back(whole.size() < memory.size() && whole.size() > 1
                      ? "interleave:" + NodesInName(whole)
                      : "interleave");
  names.push_back("local");
  if (whole.size() > 1) names.push_back("replicate");
  if (WeightsDiffer(topology)) names.push_back("weighted-interleave");
  return names;
}

PlacementPlan PlanPlacement(const Topology& topology, const std::string& name, int threads) {
  const PlacementName parsed = ParsePlacementName(name);
  if (parsed.policy == "replicate") {
    throw Error{"placement '" + name + "' is one copy of the model on each node, not one alone", "",
                "moebench sweep runs them at once; for one copy name local", ExitCode::kConfig};
  }
  CheckNamedNodes(topology, parsed, name);
  const SeatsByNode seats = SeatsFor(topology, parsed);
  const int places = CountSeats(seats);
  if (places == 0 || AllowedMemoryNodes(topology).empty()) {
    throw Error{places == 0 ? "this process may use no core of this machine"
                            : "this process may use no memory node of this machine",
                topology.source, "look at the cpuset of its cgroup", ExitCode::kConfig};
  }
  const int count = CheckedThreads(threads, places, "this process");
  if (parsed.policy == "local") return PlanLocal(topology, seats, parsed, name, threads);
  PlacementPlan plan{
      .policy = name,
      .thread_cpus = SpreadOver(seats, count),
      .memory_nodes = parsed.nodes.empty() ? AllowedMemoryNodes(topology) : parsed.nodes};
  NoteSeats(topology, &plan);
  if (ShardsRows(parsed.policy)) ShardRows(topology, &plan);
  if (parsed.policy == "weighted-interleave") {
    plan.node_weights = WeightsFor(topology, parsed, plan.memory_nodes, name);
  }
  return plan;
}

}  // namespace moebench
