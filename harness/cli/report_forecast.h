// What a recorded routing trace says of the placements of a sweep, for its report.
#pragma once

#include "results/sweep_view.h"
#include "runners/routing/routing_trace.h"

namespace moebench {

// Of one of the view's models, over as many NUMA nodes as the sweep's placements used; nothing
// where that was one.
void AddForecasts(const RoutingTrace& trace, const SweepView& view, ModelView& model);

}  // namespace moebench
