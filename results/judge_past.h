// Puts what the nights before say into a view that was judged against tonight's baseline already.
// Part of the analysis; pure.
#pragma once

#include <map>
#include <string>

#include "results/cell_figures.h"
#include "results/history.h"
#include "results/sweep_view.h"

namespace moebench {

using DataById = std::map<std::string, CellData>;

// A cell that regressed against its own past, in speed (two looks, harness/stats/nights.h) or in
// quality (item by item against the first comparable night since the last accepted change: answers
// are greedy, so there is no noise between nights to wait for), becomes `flagged` and is counted in
// view.regressed.
void JudgeAgainstPast(const SweepRows& rows, const DataById& data, const History& past,
                      SweepView& view);

}  // namespace moebench
