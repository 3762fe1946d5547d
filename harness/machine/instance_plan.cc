#include "harness/machine/instance_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/error.h"
#include "harness/machine/placement_name.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

using Cores = std::vector<const Core*>;

bool Contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

bool IsUsable(const Topology& topology, const Core& core) {
  return std::any_of(core.cpus.begin(), core.cpus.end(),
                     [&](int cpu) { return Contains(topology.allowed_cpus, cpu); });
}

bool HasUsableMemory(const Topology& topology, int node) {
  const NumaNode* found = topology.FindNode(node);
  return found && found->has_memory && Contains(topology.allowed_nodes, node);
}

// Cores that the instances of this placement may be cut from, node by node: those of the nodes that
// it names, if any of them has some; where every copy lies on one node, of nodes with memory.
std::map<int, Cores> CoresByNode(const Topology& topology, const PlacementName& name) {
  const bool on_one_node = name.policy == "local" || name.policy == "replicate";
  std::map<int, Cores> by_node;
  for (const Core& core : topology.cores) {
    if (!IsUsable(topology, core)) continue;
    if (on_one_node && !HasUsableMemory(topology, core.node)) continue;
    by_node[core.node].push_back(&core);
  }
  const bool any = std::any_of(name.nodes.begin(), name.nodes.end(),
                               [&](int node) { return by_node.contains(node); });
  if (any) {
    std::erase_if(by_node, [&](const auto& entry) { return !Contains(name.nodes, entry.first); });
  }
  return by_node;
}

Cores AllOf(const std::map<int, Cores>& by_node) {
  Cores all;
  for (const auto& [node, cores] : by_node) all.insert(all.end(), cores.begin(), cores.end());
  return all;
}

// By index of the L3 group; empty where a core has none or nobody says.
std::map<int, Cores> CoresByL3(const Cores& cores) {
  std::map<int, Cores> by_l3;
  for (const Core* core : cores) {
    if (core->l3 < 0) return {};
    by_l3[core->l3].push_back(core);
  }
  return by_l3;
}

std::vector<Cores> CutEvenly(const Cores& cores, size_t parts) {
  std::vector<Cores> slices;
  for (size_t i = 0; i < parts; ++i) {
    const auto begin = cores.begin() + static_cast<std::ptrdiff_t>(i * cores.size() / parts);
    const auto end = cores.begin() + static_cast<std::ptrdiff_t>((i + 1) * cores.size() / parts);
    slices.emplace_back(begin, end);
  }
  return slices;
}

std::vector<Cores> Slices(const std::map<int, Cores>& by_node, size_t n) {
  const size_t nodes = by_node.size();
  const Cores all = AllOf(by_node);
  const std::map<int, Cores> by_l3 = CoresByL3(all);
  std::vector<Cores> slices;
  if (n > nodes && by_l3.size() == n) {
    for (const auto& [l3, cores] : by_l3) slices.push_back(cores);
  } else if (n % nodes == 0) {
    for (const auto& [node, cores] : by_node) {
      for (Cores& slice : CutEvenly(cores, n / nodes)) slices.push_back(std::move(slice));
    }
  } else if (nodes % n == 0) {
    size_t index = 0;
    slices.resize(n);
    for (const auto& [node, cores] : by_node) {
      Cores& slice = slices[index++ / (nodes / n)];
      slice.insert(slice.end(), cores.begin(), cores.end());
    }
  } else {
    slices = CutEvenly(all, n);
  }
  return slices;
}

// What a process on these cores alone would see; its memory stays the whole machine's.
Topology SliceOf(const Topology& topology, const Cores& cores) {
  std::vector<int> cpus;
  for (const Core* core : cores) {
    for (const int cpu : core->cpus) {
      if (Contains(topology.allowed_cpus, cpu)) cpus.push_back(cpu);
    }
  }
  return Restrict(topology, cpus, topology.allowed_nodes);
}

[[noreturn]] void Refuse(const std::string& why, const std::string& hint) {
  throw Error{"instances: " + why, "", hint, ExitCode::kConfig};
}

std::map<int, Cores> RequireCores(const Topology& topology, const PlacementName& name) {
  std::map<int, Cores> by_node = CoresByNode(topology, name);
  if (by_node.empty()) {
    Refuse("this process may use no node with both cores and memory for '" + name.policy + "'",
           "look at the cpuset of its cgroup");
  }
  return by_node;
}

// "local:3/l3" for the copy of replicate/l3 on node 3.
std::string OneCopy(const PlacementName& name, const std::string& placement, int node) {
  if (name.policy != "replicate") return placement;
  const size_t slash = placement.find('/');
  return "local:" + std::to_string(node) +
         (slash == std::string::npos ? "" : placement.substr(slash));
}

}  // namespace

int InstanceCount(const Topology& topology, const std::string& placement,
                  const std::string& instances) {
  const PlacementName name = ParsePlacementName(placement);
  const std::map<int, Cores> by_node = RequireCores(topology, name);
  if (name.policy == "replicate" || instances == "node") return static_cast<int>(by_node.size());
  if (instances == "l3") {
    const size_t caches = CoresByL3(AllOf(by_node)).size();
    if (caches == 0) Refuse("no L3 cache of these cores is known", "say how many, or node");
    return static_cast<int>(caches);
  }
  const std::optional<int64_t> n = ParseInt(instances);
  if (!n || *n < 1 || *n > 65535) {
    Refuse("'" + instances.substr(0, 40) + "' is no number of instances",
           "a number, node (one for each) or l3 (one for each L3 cache)");
  }
  return static_cast<int>(*n);
}

std::vector<PlacementPlan> PlanInstances(const Topology& topology, const std::string& placement,
                                         int instances, int threads) {
  const PlacementName name = ParsePlacementName(placement);
  const bool replicate = name.policy == "replicate";
  // One copy of a policy that isn't local may use cores of nodes without memory, too.
  if (instances == 1 && !replicate) return {PlanPlacement(topology, placement, threads)};
  const std::map<int, Cores> by_node = RequireCores(topology, name);
  for (const int node : name.nodes) {
    if (replicate && !by_node.contains(node)) {
      Refuse("node " + std::to_string(node) + " of '" + placement +
                 "' has no cores and memory that this process may use",
             "moebench doctor draws the machine");
    }
  }
  const size_t cores = AllOf(by_node).size();
  const size_t n = replicate ? by_node.size() : static_cast<size_t>(std::max(instances, 0));
  if (n == 0 || n > cores) {
    Refuse(std::to_string(instances) + " were asked for, there are " + std::to_string(cores) +
               " cores for them",
           "at most one for each core");
  }
  const std::vector<Cores> slices = Slices(by_node, n);
  std::vector<PlacementPlan> plans;
  const auto plan_all = [&](int each) {
    plans.clear();
    for (const Cores& slice : slices) {
      if (slice.empty()) {
        Refuse(std::to_string(n) + " leave one without a core", "fewer, or a number of even parts");
      }
      plans.push_back(PlanPlacement(SliceOf(topology, slice),
                                    OneCopy(name, placement, slice.front()->node), each));
    }
  };
  plan_all(threads);
  size_t fewest = plans.front().thread_cpus.size();
  for (const PlacementPlan& plan : plans) fewest = std::min(fewest, plan.thread_cpus.size());
  const bool uneven = std::any_of(plans.begin(), plans.end(), [&](const PlacementPlan& plan) {
    return plan.thread_cpus.size() > fewest;
  });
  if (uneven) plan_all(static_cast<int>(fewest));
  return plans;
}

}  // namespace moebench
