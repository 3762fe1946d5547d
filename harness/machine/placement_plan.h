// From a topology and the name of a policy to cpus and nodes.
//   PlacementPlan plan = PlanPlacement(topology, "interleave", 0);
// Pure: the same topology gives the same plan, on whatever machine it is asked. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "harness/machine/placement.h"
#include "harness/machine/topology.h"

namespace moebench {

std::vector<std::string> KnownPolicies();  // interleave, local

// The policies worth sweeping here: interleave alone where only one node has cores and memory that
// we may use (local would be the same), else interleave and local.
std::vector<std::string> AutoPolicies(const Topology& topology);

// threads: 0 = one per core that this process may use (local: of the chosen node). Threads go to
// the first allowed PU of a core, never two to one core, and are listed node by node.
//   interleave  threads spread evenly over the nodes with cores and, inside a node, over its L3
//               groups; pages in turn over all nodes with memory
//   local       threads and pages on one node: the one with the most cores, then memory
// Throws Error on an unknown policy, on a negative number of threads, and on more threads than
// there are cores for them.
PlacementPlan PlanPlacement(const Topology& topology, const std::string& policy, int threads);

}  // namespace moebench
