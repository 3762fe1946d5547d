// One unit of work on a loaded runner: a timed trial of a cell, or the answers to some items.
// Each returns rows for the store; nothing here decides what a row means, except that a trial whose
// executed setting differs from the asked one says so.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/sweep/parity.h"
#include "quality/code_tests.h"
#include "results/records.h"
#include "runners/runner.h"
#include "suites/suite.h"

namespace moebench {

// All speed prompts once, greedy, SpeedTokens() tokens each (the end token is ignored so that every
// cell makes as many). session_id, round, order and machine figures are left to the caller.
//   plain  takes the texts of plain cells, and is what those of the others are held against; may be
//          null where nothing speculates
TrialRecord MeasureTrial(Runner& runner, const Cell& cell, std::span<const SpeedPrompt> prompts,
                         int max_tokens, PlainTexts* plain = nullptr);

// The plain texts that a speculative trial will be held against, where they are not there yet.
void PreparePlainTexts(Runner& runner, const Cell& cell, std::span<const SpeedPrompt> prompts,
                       int max_tokens, PlainTexts& plain);

// The items answered and graded, greedy, with the end token obeyed. Generated code is run by
// `run_code`; where it is empty, items of code are skipped(sandbox).
std::vector<AnswerRecord> AnswerItems(Runner& runner, const Cell& cell, std::span<const Item> items,
                                      const CodeRunner& run_code, PlainTexts* plain = nullptr);

// R(T) of T = 1 to 16 at the cell's k, with the text of the prompts. session_id is left to the
// caller.
std::vector<PassCostRecord> MeasurePassCosts(Runner& runner, const Cell& cell,
                                             std::span<const SpeedPrompt> prompts,
                                             int context_tokens);

// Throws Error naming the item whose grader can't be used; before anything is run.
void CheckGraders(std::span<const Item> items);

// Lookup copies what it has seen: a speed prompt that stands twice in the suite would let it replay
// its own answer. Throws Error naming both.
void CheckDistinctPrompts(std::span<const SpeedPrompt> prompts);

// "not_obeyed: asked k = 4, ran 8 to 8"; empty if the executed k is the asked one or the model is
// dense, and a speculative cell did guess, and no more than it was told to.
std::string NotObeyedReason(const Cell& cell, const TrialRecord& trial);

}  // namespace moebench
