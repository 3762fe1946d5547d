// Quality of one cell from its answers, beside the baseline's on the same items. Part of the
// analysis; pure.
#pragma once

#include "harness/stats/verdict.h"
#include "results/cell_figures.h"

namespace moebench {

// Scores, outcomes and categories of the cell alone.
void FillScores(const CellData& cell, CellView& view);

// Change against the baseline, the flips, some answers that were lost; returns what may be said.
// Only items that both answered in the same version count.
//   same_k  the cell uses the baseline's expert count: its answers should be the same text, and if
//           all are, nothing is lost however few they are
Verdict CompareQuality(const CellData& cell, const CellData& baseline, bool same_k,
                       double flag_below, CellView& view);

}  // namespace moebench
