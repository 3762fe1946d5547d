// Signs of sickness in a cell's answers, counted. Part of the analysis; pure.
//   FillSignCounts(cell, RatioThreshold(baseline), view);
#pragma once

#include "results/cell_figures.h"

namespace moebench {

// The 99th percentile of the compression ratios (those above 0) of a baseline's answers: what
// deflates better repeats itself more than this model does at k0. Infinite for fewer than 20.
double RatioThreshold(const CellData& baseline);

// All written answers first, then those that show each sign, the same names in every cell; empty
// where none was written. Answers without signs (choices that were only scored, answers from before
// schema 7) don't count.
void FillSignCounts(const CellData& cell, double ratio_threshold, CellView& view);

}  // namespace moebench
