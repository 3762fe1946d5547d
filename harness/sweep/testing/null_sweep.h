// A sweep whose runner does nothing, for counting what the harness itself does.
#pragma once

#include <functional>

#include "harness/sweep/plan.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

// cells k = 8 (baseline) and 4, three speed prompts, four items; `trials` rounds in one process.
SweepPlan NullPlan(int trials, int max_tokens);

// on_generate is called within each request; the answer comes at once.
SweepEnvironment NullEnvironment(std::function<void(const GenerateRequest&)> on_generate);

}  // namespace moebench
