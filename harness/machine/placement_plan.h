// From a topology and the name of a placement to cpus and nodes.
//   PlacementPlan plan = PlanPlacement(topology, "row-shard/l3", 0);
// Pure: the same topology gives the same plan, on whatever machine it is asked. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "harness/machine/placement.h"
#include "harness/machine/placement_name.h"
#include "harness/machine/topology.h"

namespace moebench {

// The placements worth sweeping here, the reference first. Where only one node has cores and memory
// that we may use: interleave alone (all others would be the same). Else row-shard, interleave over
// the nodes that have cores and memory, and local; with two such nodes or more replicate, the one
// that asks what the machine does for many texts at once (a row that says so where the memory does
// not hold a copy for each node); where the kernel has uneven weights for the nodes,
// weighted-interleave, too.
// Each costs the whole matrix of experts and decodings once more, hence not:
//   none          threads pack their own rows, so that with first touch these lie where row-shard
//                 binds them; it tells little about a machine and much about the kernel's mood
//   expert-shard  the busiest node is asked for more than its share: at one token a step 1.1 times
//                 on 2 nodes, 1.3 to 1.4 on 4, 1.7 to 1.9 on 8, at 16 tokens 1.0 to 1.1 (the demo
//                 model, k = 8 of 32, plan-placement over 512 tokens of its own text)
std::vector<std::string> AutoPolicies(const Topology& topology);

// threads: 0 = one per seat of the name's layout (local: of the chosen node). Threads are listed
// node by node, evenly over the nodes with cores and, inside a node, over its L3 groups.
//   interleave           pages in turn over all nodes with memory, or those named
//   weighted-interleave  the same with the weights of the name, else the kernel's
//   row-shard            the rows of each thread on its node; of a node without memory on the
//                        nearest one that has some
//   expert-shard         the same but for experts, each of which lies whole on one node: in turn,
//                        or by a routing trace
//   local                threads and pages on one node: the one named, else the one with the most
//                        seats, then memory
//   none                 pages where the kernel puts them: a control
// Where nodes are named, the threads stay on those of them that have cores, if any has.
// replicate is several plans: instance_plan.h.
// Throws Error on what is no name of a placement, on nodes that are not there, hold no memory or
// are outside the cpuset, on a negative number of threads and on more threads than seats.
PlacementPlan PlanPlacement(const Topology& topology, const std::string& name, int threads);

}  // namespace moebench
