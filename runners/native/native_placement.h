// The placement of the native engine's memory: policies for each kind of it before the first touch,
// and what the kernel says of it afterwards.
#pragma once

#include <span>
#include <vector>

#include "harness/machine/placement.h"
#include "runners/native/kernels/arena.h"
#include "runners/native/model/transformer.h"
#include "runners/runner.h"

namespace moebench {

// For all models that are to lie in memory together: a model and its draft model. Throws
// Error{where = kPlacementRefused} if the plan names a node for more or fewer than all its threads,
// or if a node would have to hold more than it can give: the kernel would answer a strict policy on
// a full node by killing the process.
void RequireRoom(const PlacementPlan& plan, std::span<const ModelFacts> models, int context_tokens);

// Where the plan's threads sit, as far as it says. Throws Error{where = kPlacementRefused} if it
// names more or fewer seats than threads.
std::vector<ThreadSeat> ThreadSeatsOf(const PlacementPlan& plan);

// row- and expert-shard bind each thread's rows to its node and leave keys, values and recurrent
// states where the threads that read them touch them first; all other policies treat all memory
// alike. Where the kernel knows no policies, the proof says where the pages went.
MemoryBinders BindersFor(const PlacementPlan& plan);

PlacementProof ProveMemory(const PlacementPlan& plan, const std::vector<UsedMemory>& memory,
                           std::vector<int> thread_cpus);

}  // namespace moebench
