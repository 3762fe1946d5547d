// Which experts given tokens take, recorded in whole passes where the products are computed.
//   RoutingTracer tracer(transformer);
//   RoutingTrace trace = tracer.Run(tokens, k);
// Passes of many tokens add up in another order than those of few (runners/native/model): where two
// experts are as good as equal to the router, decoding may take the other one. Borrows the
// transformer. Not thread-safe.
#pragma once

#include <span>

#include "runners/native/model/transformer.h"
#include "runners/routing/routing_trace.h"

namespace moebench {

class RoutingTracer {
 public:
  explicit RoutingTracer(Transformer& transformer) : transformer_(transformer) {}

  // Begins a sequence of its own; the stats then are those of these tokens. Throws Error for a
  // model without experts or no tokens, and whatever Transformer::Forward refuses.
  RoutingTrace Run(std::span<const int> tokens, int k);

 private:
  void AddRecorded(int tokens, RoutingTrace& trace) const;

  Transformer& transformer_;
};

}  // namespace moebench
