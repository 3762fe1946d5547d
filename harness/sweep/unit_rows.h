// One unit of work on a loaded worker, and the rows that it leaves.
#pragma once

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
};

struct UnitContext {
  const SweepPlan& plan;
  const SessionGroup& group;
  const SweepEnvironment& environment;
  SpeculationBook& book;
};

// Throws what the runner throws.
UnitRows RunOnWorker(const UnitContext& context, const WorkUnit& unit, int64_t session_id,
                     Worker& worker);

std::string NameOf(const WorkUnit& unit);  // "trial 3", for the progress line

}  // namespace moebench
