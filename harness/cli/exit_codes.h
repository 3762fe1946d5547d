// What a finished sweep says to whoever started it. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"
#include "results/sweep_view.h"

namespace moebench {

// For people at a terminal: 1 if anything is flagged but what is expected, 2 if something failed,
// is invalid or inconclusive.
ExitCode SweepExitCode(const SweepView& view);

// For cron: only what is news. 1 if a setting fell behind its own past, or the whole machine became
// slower; 2 if something failed, is invalid or was disturbed, or its past can't be told from
// tonight. That k = 1 answers badly, night after night, is in the report and no alarm.
ExitCode NightExitCode(const SweepView& view);

// "k=4 plain interleave t=2: regressed: decode -14 % ..." of each cell that fell behind its past.
std::vector<std::string> Regressions(const SweepView& view);

}  // namespace moebench
