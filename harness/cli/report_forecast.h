// What recorded routing traces say of the placements of a sweep, for its report.
#pragma once

#include <string>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// Files of `moebench trace-routing`, one for each model in the sweep's order, over as many NUMA
// nodes as the sweep's placements used; nothing where that was one. Throws Error for a file that is
// no trace.
void AddForecasts(const std::vector<std::string>& traces, SweepView& view);

}  // namespace moebench
