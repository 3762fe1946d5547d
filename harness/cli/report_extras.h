// What a report shows that the analysis can't know, for it takes the graders' or the runners' help.
//   SweepView view = ReadSweepView(database, "latest");
//   AddSigns(rows, view);
#pragma once

#include <string>
#include <vector>

#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

// Counts the signs of sickness in every cell's answers. rows: of the view's sweep.
void AddSigns(const SweepRows& rows, SweepView& view);

// Files of `moebench trace-routing`, one for each model in the sweep's order. Throws Error if there
// are more than models, or if one is of another number of experts.
void AddRouting(const std::vector<std::string>& traces, SweepView& view);

}  // namespace moebench
