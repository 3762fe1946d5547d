// Which experts a sweep's text takes in a model, recorded once in a sweep: what forecasts of
// placements and the heat map of its report come from.
//   if (const auto cell = RoutingCell(model, group)) ...  // a unit more for its first session
//   RoutingRecord row = MeasureRouting(runner, model, plan);
#pragma once

#include <optional>

#include "harness/sweep/plan.h"
#include "results/records.h"
#include "runners/runner.h"

namespace moebench {

// The model's baseline, if it is one of the group's cells, the model has experts and its runner can
// trace them.
std::optional<size_t> RoutingCell(const PlannedModel& model, const SessionGroup& group);

// At k0, of plan.text, or without one of the suite's prompts. Throws Error, also for a trace of
// something else than was asked for. session_id is left to the caller.
RoutingRecord MeasureRouting(Runner& runner, const PlannedModel& model, const SweepPlan& plan);

}  // namespace moebench
