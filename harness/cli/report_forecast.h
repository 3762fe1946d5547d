// What a routing trace says of the placements of a sweep, for its report.
#pragma once

#include <string>

#include "results/sweep_view.h"
#include "runners/routing/routing_trace.h"
#include "runners/routing/simulate.h"

namespace moebench {

// Of a model's stored facts; what they don't say counts experts.
ModelBytes BytesIn(const std::string& facts_json);

// Of one of the view's models, over as many NUMA nodes as the sweep's placements used; nothing
// where that was one.
void AddForecasts(const RoutingTrace& trace, const SweepView& view, ModelView& model);

}  // namespace moebench
