// The real outside world of a sweep: worker processes, this machine's probes, the clock, Ctrl-C.
#pragma once

#include <string>
#include <vector>

#include "harness/config/sweep_spec.h"
#include "harness/machine/topology.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

// A worker process of this program with the spec's runner and limits. Throws WorkerFailure.
Worker StartWorker(const SweepSpec& spec);

// Headers read in a worker process (a damaged file can only kill that), hashes in this one.
std::vector<ModelInput> InspectModels(const SweepSpec& spec);

PlanningMachine ThisPlanningMachine(const Topology& topology);

SweepEnvironment RealEnvironment(const SweepSpec& spec, const Topology& topology,
                                 std::function<void(const SweepEvent&)> report);

}  // namespace moebench
