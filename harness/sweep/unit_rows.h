// One unit of work on a loaded worker, and the rows that it leaves.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/sweep/run_sweep.h"
#include "harness/sweep/session_work.h"
#include "harness/sweep/speculation_book.h"

namespace moebench {

struct UnitRows {  // of the one that the unit's kind makes
  std::vector<PassCostRecord> costs;
  TrialRecord trial;
  std::vector<AnswerRecord> answers;
  DivergenceRecord divergence;
  RoutingRecord routing;
};

struct UnitContext {
  const SweepPlan& plan;
  const SessionGroup& group;
  const SweepEnvironment& environment;
  SpeculationBook& book;
};

// On all instances of the group at once if it is a trial, else on the first. Throws what a runner
// throws.
UnitRows RunOnWorkers(const UnitContext& context, const WorkUnit& unit, int64_t session_id,
                      std::span<Worker> workers);

std::string NameOf(const WorkUnit& unit);  // "trial 3", for the progress line

}  // namespace moebench
