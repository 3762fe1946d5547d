// Which NUMA node would hold each expert of a layer, if whole experts lay on nodes.
//   std::vector<int> node_of = AssignExperts(ExpertRule::kAgainstCoActivation, trace, layer, 8);
// Every node gets the same number of experts, or one more. Pure.
#pragma once

#include <vector>

#include "runners/routing/routing_trace.h"

namespace moebench {

enum class ExpertRule {
  kRoundRobin,           // expert e on node e mod n
  kByLoad,               // the most used first, each to the node with the least use so far
  kAgainstCoActivation,  // also in that order, each to the node with whose experts it is used
                         // together the least: they are then read from different nodes
};

// Node 0..n_nodes-1 of each expert. Throws Error for less than one node or a layer that is not
// there.
std::vector<int> AssignExperts(ExpertRule rule, const RoutingTrace& trace, int layer, int n_nodes);

}  // namespace moebench
