// A session of a group as it is recorded: what was asked of its instances, what their workers say
// they got, and whether that is the same.
#pragma once

#include <string>
#include <vector>

#include "harness/sweep/plan.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

std::vector<PlacementPlan> PlansOf(const SessionGroup& group);  // of all instances
std::string NameOf(const SessionGroup& group);  // "interleave t=4", "replicate 2 x t=4"

// reports: of the instances after loading
SessionRecord SessionRow(const std::string& model_sha256, const SessionGroup& group, int index,
                         const std::vector<LoadReport>& reports, const ReadBandwidths& bandwidths);

// Of one instance its proof as a JSON object, of several a list of theirs.
std::string ProofsText(const std::vector<PlacementProof>& proofs);

// Which instance is not where it was asked to be, and what hindered it; empty if all are.
std::string WhyNotPlaced(const SessionGroup& group, const std::vector<PlacementProof>& proofs,
                         int machine_node_count);

}  // namespace moebench
