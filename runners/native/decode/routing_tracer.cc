#include "runners/native/decode/routing_tracer.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Recorded at a time: [kPass, n_layers, n_experts] bytes, 12 MB with 92 layers of 512 experts.
constexpr std::size_t kPass = 256;

struct RecordingEnds {  // however the passes end
  ForwardStats& stats;
  ~RecordingEnds() { stats.Record(0, 0); }
};

}  // namespace

RoutingTrace RoutingTracer::Run(std::span<const int> tokens, int k) {
  const Hyper& hyper = transformer_.hyper();
  if (hyper.n_experts == 0) {
    throw Error("the model has no experts", "trace routing", "routing is of mixtures of experts",
                ExitCode::kUsage);
  }
  if (tokens.empty()) throw Error("there are no tokens", "trace routing", "", ExitCode::kUsage);
  RoutingTrace trace{.n_experts = hyper.n_experts,
                     .n_layers = hyper.CountOf(FeedForward::kExperts),
                     .ids = {},
                     .begin = {0}};
  ForwardStats& stats = transformer_.stats();
  const RecordingEnds ends{stats};
  transformer_.Reset();
  stats.Clear();
  for (std::size_t at = 0; at < tokens.size(); at += kPass) {
    const std::size_t n = std::min(kPass, tokens.size() - at);
    stats.Record(static_cast<int>(at), static_cast<int>(n));
    transformer_.Forward(tokens.subspan(at, n), k, LogitsOf::kNone, {});
    AddRecorded(static_cast<int>(n), trace);
  }
  return trace;
}

void RoutingTracer::AddRecorded(int tokens, RoutingTrace& trace) const {
  const Hyper& hyper = transformer_.hyper();
  const uint8_t* row = transformer_.stats().recorded.data();  // [n_experts]
  for (int token = 0; token < tokens; ++token) {
    for (const LayerShape& layer : hyper.layers) {
      if (layer.feed_forward == FeedForward::kExperts) {
        for (int expert = 0; expert < hyper.n_experts; ++expert) {
          if (row[expert] != 0) trace.ids.push_back(expert);
        }
        trace.begin.push_back(trace.ids.size());
      }
      row += hyper.n_experts;
    }
  }
}

}  // namespace moebench
