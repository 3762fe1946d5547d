// A routing trace as a few bytes, for rows of a store: 16-bit numbers, little-endian; of each
// token, of each of its layers, how many experts and then their numbers.
//   std::string bytes = PackRoutingTrace(trace);
//   RoutingTrace same = UnpackRoutingTrace(bytes, trace.n_experts, trace.n_layers, "sweep 7");
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "runners/routing/routing_trace.h"

namespace moebench {

std::string PackRoutingTrace(const RoutingTrace& trace);

// Throws Error (kBadData, at `name`) for bytes that are no whole trace of one token at least, for
// an expert that is not there or stands twice, and a layer without any.
RoutingTrace UnpackRoutingTrace(std::string_view bytes, int n_experts, int n_layers,
                                const std::string& name);

}  // namespace moebench
