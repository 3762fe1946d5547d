// A sweep's second opinion on quality: how far each cell's predictions of a text's tokens are from
// those of the model's own expert count, in the same process.
//   PlanDivergence(text, plan);               // each cell gets one unit more
//   DivergenceRecord row = MeasureDivergence(runner, cell, k0, window_tokens, plan);
#pragma once

#include <string>

#include "harness/sweep/plan.h"
#include "results/records.h"
#include "runners/runner.h"

namespace moebench {

// Sets the text and each model's windows (512 tokens as llama.cpp's perplexity tool, or what the
// model was trained for), and makes room for them. Nothing if spec.divergence_windows is 0
// or there is no text.
void PlanDivergence(std::string text, SweepPlan& plan);

// At most spec.divergence_windows windows of plan.text. Throws Error, also if the runner does not
// tell probabilities. session_id is left to the caller.
DivergenceRecord MeasureDivergence(Runner& runner, const Cell& cell, int k0, int window_tokens,
                                   const SweepPlan& plan);

// "not_obeyed: asked k = 4, ran 8 to 8"; empty if the cell's own side ran as asked.
std::string NotObeyedReason(const Cell& cell, const DivergenceRecord& divergence);

}  // namespace moebench
