// What a report shows that the analysis can't know, for it takes the runners' help.
//   SweepView view = ReadSweepView(database, "latest");
//   AddRouting({"m.routing"}, view);
#pragma once

#include <string>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// The load of the experts and what was to be expected of placements, by what the sweep recorded, or
// by files of `moebench trace-routing` in place of that, one for each model in the sweep's order.
// Throws Error if there are more than models, or if one is of another number of experts.
void AddRouting(const std::vector<std::string>& traces, SweepView& view);

}  // namespace moebench
