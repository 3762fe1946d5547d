// How much of what its threads read a placement puts on other nodes than theirs.
//   RemoteShare(plan, proof)   // 0.75: interleave over four nodes
// Pure, thread-safe.
#pragma once

#include <optional>

#include "harness/machine/placement.h"

namespace moebench {

// Of the pages with weights, by where the kernel says they are: each thread reads as many of a
// kind as any other, of its own rows (row-shard) only those. 0..1; nothing if the plan does not
// know where its threads are, the proof tells no weights apart, or no page of them is there.
std::optional<double> RemoteShare(const PlacementPlan& plan, const PlacementProof& proof);

}  // namespace moebench
