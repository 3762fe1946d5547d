#include "harness/machine/placement_plan.h"

#include <algorithm>
#include <map>

#include "harness/base/error.h"
#include "harness/base/suggest.h"

namespace moebench {
namespace {

struct Seat {  // a core that may take one thread
  int cpu;     // its first allowed PU
  int l3;
};
using SeatsByNode = std::map<int, std::vector<Seat>>;  // os_id of the node -> seats in core order

bool Contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

SeatsByNode AllowedSeats(const Topology& topology) {
  SeatsByNode seats;
  for (const Core& core : topology.cores) {
    const auto cpu = std::find_if(core.cpus.begin(), core.cpus.end(),
                                  [&](int c) { return Contains(topology.allowed_cpus, c); });
    if (cpu != core.cpus.end()) seats[core.node].push_back({*cpu, core.l3});
  }
  return seats;
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

int CountSeats(const SeatsByNode& seats) {
  size_t count = 0;
  for (const auto& [node, list] : seats) count += list.size();
  return static_cast<int>(count);
}

// One for each in turn until all are given out: equal shares, less where there is less room.
std::map<int, int> EvenShares(const std::map<int, int>& room, int wanted) {
  std::map<int, int> share;
  for (int given = 0; given < wanted;) {
    const int before = given;
    for (const auto& [key, places] : room) {
      if (given < wanted && share[key] < places) ++share[key], ++given;
    }
    CHECK(given > before);
  }
  return share;
}

// The cpus of `wanted` seats of one node, taken evenly from its L3 groups, in core order.
std::vector<int> TakeSeats(const std::vector<Seat>& seats, int wanted) {
  std::map<int, int> room;
  for (const Seat& seat : seats) ++room[seat.l3];
  std::map<int, int> share = EvenShares(room, wanted);
  std::vector<int> cpus;
  for (const Seat& seat : seats) {
    if (share[seat.l3]-- > 0) cpus.push_back(seat.cpu);
  }
  return cpus;
}

// The node with cores and memory that has the most cores, then the most memory; -1 if none has
// both.
int BestLocalNode(const Topology& topology, const SeatsByNode& seats) {
  const NumaNode* best = nullptr;
  size_t best_cores = 0;
  for (const int os_id : AllowedMemoryNodes(topology)) {
    const auto found = seats.find(os_id);
    if (found == seats.end()) continue;
    const NumaNode* node = topology.FindNode(os_id);
    const size_t cores = found->second.size();
    if (best == nullptr || cores > best_cores ||
        (cores == best_cores && node->memory_bytes > best->memory_bytes)) {
      best = node;
      best_cores = cores;
    }
  }
  return best == nullptr ? -1 : best->os_id;
}

std::string Cores(int count) { return std::to_string(count) + (count == 1 ? " core" : " cores"); }

int CheckedThreads(int threads, int cores, const std::string& whose) {
  if (threads < 0) {
    throw Error{"threads: " + std::to_string(threads) + " is no number of threads", "",
                "at least 1, or 0 for one per core", ExitCode::kConfig};
  }
  if (threads > cores) {
    throw Error{"threads: " + std::to_string(threads) + " were asked for, " + whose + " has " +
                    Cores(cores),
                "", "at most " + std::to_string(cores) + ": one thread per core",
                ExitCode::kConfig};
  }
  return threads == 0 ? cores : threads;
}

PlacementPlan PlanInterleave(const Topology& topology, const SeatsByNode& seats, int threads) {
  PlacementPlan plan{
      .policy = "interleave", .thread_cpus = {}, .memory_nodes = AllowedMemoryNodes(topology)};
  std::map<int, int> room;
  for (const auto& [node, list] : seats) room[node] = static_cast<int>(list.size());
  for (const auto& [node, share] : EvenShares(room, threads)) {
    const std::vector<int> cpus = TakeSeats(seats.at(node), share);
    plan.thread_cpus.insert(plan.thread_cpus.end(), cpus.begin(), cpus.end());
  }
  return plan;
}

PlacementPlan PlanLocal(const Topology& topology, const SeatsByNode& seats, int threads) {
  const int node = BestLocalNode(topology, seats);
  if (node < 0) {
    throw Error{
        "placement: local needs a NUMA node with both cores and memory, and this process "
        "may use none",
        "", "use interleave", ExitCode::kConfig};
  }
  const std::vector<Seat>& there = seats.at(node);
  const int count = CheckedThreads(threads, static_cast<int>(there.size()),
                                   "local: node " + std::to_string(node) + ", the largest,");
  return {.policy = "local", .thread_cpus = TakeSeats(there, count), .memory_nodes = {node}};
}

}  // namespace

std::vector<std::string> KnownPolicies() { return {"interleave", "local"}; }

std::vector<std::string> AutoPolicies(const Topology& topology) {
  const SeatsByNode seats = AllowedSeats(topology);
  const bool one_node = seats.size() <= 1 && AllowedMemoryNodes(topology).size() <= 1;
  if (one_node || BestLocalNode(topology, seats) < 0) return {"interleave"};
  return KnownPolicies();
}

PlacementPlan PlanPlacement(const Topology& topology, const std::string& policy, int threads) {
  const std::vector<std::string> known = KnownPolicies();
  if (std::find(known.begin(), known.end(), policy) == known.end()) {
    throw Error{"placement: '" + policy + "' is not a policy", "", SuggestName(policy, known),
                ExitCode::kConfig};
  }
  const SeatsByNode seats = AllowedSeats(topology);
  const int cores = CountSeats(seats);
  if (cores == 0 || AllowedMemoryNodes(topology).empty()) {
    throw Error{cores == 0 ? "this process may use no core of this machine"
                           : "this process may use no memory node of this machine",
                topology.source, "look at the cpuset of its cgroup", ExitCode::kConfig};
  }
  const int count = CheckedThreads(threads, cores, "this process");
  if (policy == "local") return PlanLocal(topology, seats, threads);
  return PlanInterleave(topology, seats, count);
}

}  // namespace moebench
