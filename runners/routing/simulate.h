// What each policy would read from the busiest NUMA node for one token, by a recorded trace.
//   for (const PolicyForecast& f : ForecastPolicies(trace, {.n_nodes = 8, .batch = 1, .k = 8},
//   bytes))
// When memory bandwidth is the limit and every node reads its own part, a step ends when the node
// that was asked for the most has read it. Pure.
#pragma once

#include <string>
#include <vector>

#include "runners/routing/routing_trace.h"

namespace moebench {

struct ForecastShape {
  int n_nodes = 1;
  int batch = 1;  // tokens of one step, which share the experts they have in common
};

struct ModelBytes {
  double expert = 1;  // one expert of one layer; 1: all figures count experts
  double dense = 0;   // read for every step whatever the routing: attention, router, head
};

struct PolicyForecast {
  std::string policy;     // none | local | interleave | row-shard | replicate | expert-shard(...)
  double busiest_bytes;   // asked of the busiest node, for one token
  double remote_share;    // of all bytes, those read from another node than the reader's
  double experts_on_one;  // mean over layers and steps of the most experts that one node gives
  double efficiency;      // even share of all nodes / busiest
};

// Of every policy, best first. Throws Error for a shape that can't be: no node, no token in a step,
// more tokens than the trace has.
std::vector<PolicyForecast> ForecastPolicies(const RoutingTrace& trace, const ForecastShape& shape,
                                             const ModelBytes& bytes);

}  // namespace moebench
