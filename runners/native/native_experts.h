// Which NUMA node of a placement holds each expert, where it asks for whole experts on nodes.
//   EngineOptions options{.experts = ExpertsOn(plan, hyper)};
#pragma once

#include "harness/machine/placement.h"
#include "runners/native/facts/hyper.h"
#include "runners/native/model/expert_split.h"

namespace moebench {

// Empty unless the plan's policy is expert-shard. Experts go to the nodes of the plan's threads: in
// turn, or by the routing trace that the policy's name has, which is read here. Throws Error{where
// = kPlacementRefused} for a model without experts, a plan that doesn't say where its threads' rows
// go, and a trace of another model; and as ReadFile and ParseRoutingTrace do.
ExpertSplit ExpertsOn(const PlacementPlan& plan, const Hyper& hyper);

// The same for a draft model, of which no trace tells: in turn, and empty without experts.
ExpertSplit DraftExpertsOn(const PlacementPlan& plan, const Hyper& hyper);

}  // namespace moebench
