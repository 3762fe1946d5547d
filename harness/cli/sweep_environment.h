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

// Why the draft model can't guess for the model, told from the two files; empty if it can.
std::string DraftMismatch(const SweepSpec& spec, const std::string& model_path,
                          const std::string& draft_path);

// Headers read in a worker process (a damaged file can only kill that), vocabularies compared and
// hashes made in this one.
std::vector<ModelInput> InspectModels(const SweepSpec& spec);

PlanningMachine ThisPlanningMachine(const Topology& topology);

SweepEnvironment RealEnvironment(const SweepSpec& spec, const Topology& topology,
                                 std::function<void(const SweepEvent&)> report);

}  // namespace moebench
