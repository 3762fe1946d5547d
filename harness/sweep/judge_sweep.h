// Has a judge grade the answers that a sweep has collected: all cells of a model in one blind
// session, row by row into the store.
//   JudgeRun run = JudgeSweep(store, sweep_id, items, judge, {.seed = 1});
// Goes on where an earlier session of the same judge in the same words stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "quality/judge/judge_session.h"
#include "results/store.h"
#include "suites/suite.h"

namespace moebench {

struct JudgeSweepOptions {
  uint64_t seed = 1;
  int max_items = 0;  // 0 = all that were answered
  JudgeBudget budget;
  std::function<bool()> cancelled;               // may be empty
  std::function<void(int done, int of)> report;  // may be empty
};

// Has this judge, in the same words, come to the end of the sweep's answers?
bool WasJudged(const SweepRows& rows, const std::string& judge);

// Throws Error only if rows can't be kept; why the judge stopped early is in the result and in the
// store's judge_run row.
JudgeRun JudgeSweep(Store& store, int64_t sweep_id, std::span<const Item> items,
                    const JudgeModel& judge, const JudgeSweepOptions& options);

}  // namespace moebench
