// From the configuration to a judge that can be asked: its key, its server, its worker process or
// its program; and its session after the sweep.
//   JudgeModel judge = MakeJudge(spec, topology);  // before any worker is started
//   std::string stopped = JudgeAnswers(plan, judge, sweep_id, store, show_progress);
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/config/sweep_spec.h"
#include "harness/machine/topology.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/run_sweep.h"
#include "quality/judge/judge_model.h"
#include "results/store.h"

namespace moebench {

// "anthropic:NAME", "openai:NAME", "gguf:FILE", "command:PROGRAM" or "none", as on the command
// line, over what the file says. Throws Error (kUsage).
void SetJudge(const std::string& text, JudgeSpec& judge);

// Throws Error (kConfig) for a judge that can't be asked: no key, an unsafe URL, a missing price
// for a budget in money. A key in the environment is taken out of it.
JudgeModel MakeJudge(const SweepSpec& spec, const Topology& topology);

// Has it judge the answers of a measured sweep, as far as that is not done, with what the plan's
// specification allows. Returns why it stopped early; empty: it did not.
std::string JudgeAnswers(const SweepPlan& plan, const JudgeModel& judge, int64_t sweep_id,
                         Store& store, const std::function<void(const SweepEvent&)>& report);

}  // namespace moebench
