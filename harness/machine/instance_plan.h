// Several copies of a model at once, each on a slice of the machine that is its own.
//   std::vector<PlacementPlan> plans = PlanInstances(topology, "local", 4, 0);  // four copies
//   PlanInstances(topology, "replicate", 0, 0)                                 // one on each node
// Slices follow the machine: whole nodes where their number divides that of the instances or the
// other way round, whole L3 caches where there are as many, else equal runs of neighbouring cores.
// Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "harness/machine/placement.h"
#include "harness/machine/topology.h"

namespace moebench {

// How many instances "3", "node" (one for each node) or "l3" (one for each L3 cache) mean for this
// placement here. The policy replicate is one for each node, whatever is said. Throws Error.
int InstanceCount(const Topology& topology, const std::string& placement,
                  const std::string& instances);

// One plan for each instance, no cpu in two of them, each with the same number of threads:
// `threads`, or with 0 one for each seat of the smallest slice. A policy means what it means for
// one (see placement_plan.h), with threads on the slice alone: local puts pages on the slice's own
// node, row-shard on those of its threads, interleave over all nodes or those named. Plans of
// replicate are named for what each copy is, local:NODE. Throws Error where a slice would have no
// core, or fewer than `threads`.
std::vector<PlacementPlan> PlanInstances(const Topology& topology, const std::string& placement,
                                         int instances, int threads);

}  // namespace moebench
