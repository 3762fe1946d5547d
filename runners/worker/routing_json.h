// Routing traces (runners/runner.h) as JSON and back, in the manner of struct_json.h. A trace goes
// as the text of runners/routing/routing_trace.h: three bytes or so for an expert.
#pragma once

#include "runners/runner.h"
#include "runners/worker/json_fields.h"

namespace moebench {

Json ToJson(const RoutingRequest& request);
Json ToJson(const RoutingResult& result);

RoutingRequest RoutingRequestFrom(const Fields& fields);
// Throws Error for what is no trace, or executed counts that are not those of the trace.
RoutingResult RoutingResultFrom(const Fields& fields);

}  // namespace moebench
