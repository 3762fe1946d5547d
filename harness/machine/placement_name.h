// What a placement is called: policy[:nodes][/threads][@experts].
//   ParsePlacementName("row-shard")                 every thread's rows on its node
//   ParsePlacementName("interleave:0-3+8/l3")       nodes 0 1 2 3 8, one thread per L3 cache
//   ParsePlacementName("weighted-interleave:0-7=4+8=1")   four pages on each of 0..7, then one on 8
//   ParsePlacementName("expert-shard/l3@load=m.routing")  experts on nodes, by that routing trace
// A name is what a cell is known by, in files and on command lines; hence no blank and no comma.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace moebench {

enum class ThreadLayout { kPerCore, kPerL3, kPerCpu, kPerNode };

struct PlacementName {
  std::string policy;        // one of KnownPolicies()
  std::vector<int> nodes;    // OS numbers, rising; empty: those the policy chooses
  std::vector<int> weights;  // beside nodes, where they were given; empty otherwise
  ThreadLayout layout = ThreadLayout::kPerCore;  // the seats that threads may take
  int per_node = 0;                              // of kPerNode
  // Of expert-shard: load or apart, and the file of the routing trace that experts are put on nodes
  // by; empty: in turn.
  std::string experts, trace;
};

// expert-shard, interleave, local, none, replicate, row-shard, weighted-interleave
std::vector<std::string> KnownPolicies();

// Throws Error{code} for an unknown policy and for nodes, weights or threads that it does not take.
PlacementName ParsePlacementName(const std::string& name, ExitCode code = ExitCode::kConfig);

// "interleave" of "interleave:0-3/l3", whatever the rest is.
std::string_view PolicyOf(std::string_view name);

// What stands in a list for the policies that the topology proposes (placement_plan.h).
inline constexpr std::string_view kAutoPlacement = "auto";

// The names with `proposed` in the place of every auto, each once, in this order; no names: those
// proposed.
std::vector<std::string> ExpandAuto(const std::vector<std::string>& names,
                                    const std::vector<std::string>& proposed);

// The policies that put the rows of a thread on its node.
bool ShardsRows(std::string_view policy);

}  // namespace moebench
