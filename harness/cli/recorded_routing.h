// The routing traces that sweeps recorded, out of the database.
//   const SweepRows rows = ReadSweepRows(database, "latest");
//   const RoutingRecord& record = ChooseRouting(rows, "");
//   RoutingTrace trace = TraceOf(record);
#pragma once

#include <string>

#include "results/store.h"
#include "runners/routing/routing_trace.h"

namespace moebench {

// A model's trace of a sweep. model: file name or path as the sweep has it; may be empty where one
// model has a trace. Throws Error (kUsage) that names the models there are.
const RoutingRecord& ChooseRouting(const SweepRows& rows, const std::string& model);

// Throws Error (kBadData) for a row that holds no whole trace.
RoutingTrace TraceOf(const RoutingRecord& record);

}  // namespace moebench
