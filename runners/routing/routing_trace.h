// Which experts every token took in every layer with experts.
//   RoutingTrace trace = ParseRoutingTrace(ReadFile("t.routing", kMostTraceBytes), "t.routing");
//   for (int expert : trace.Experts(token, layer)) ...
// `moebench trace-routing` writes one. The text: a first line, then one line for each token in the
// order they were decoded; layers are parted by ';', experts by blanks, in any order:
//   moebench-routing/1 experts=128 layers=2
//   3 17 90 41;5 6 7 127
//   8 17 2 41;0 6 9 11
// Immutable; may be shared between threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

inline constexpr uint64_t kMostTraceBytes = uint64_t{1} << 30;
inline constexpr int kMostTraceExperts = 1 << 14;
inline constexpr int kMostTraceLayers = 1 << 12;

struct RoutingTrace {
  int n_experts = 0;
  int n_layers = 0;
  std::vector<int32_t> ids;        // of all tokens and layers
  std::vector<std::size_t> begin;  // [tokens x layers + 1] into ids

  int n_tokens() const {
    return n_layers == 0
               ? 0
               : static_cast<int>((begin.size() - 1) / static_cast<std::size_t>(n_layers));
  }
  std::span<const int32_t> Experts(int token, int layer) const {
    const std::size_t i = static_cast<std::size_t>(token) * static_cast<std::size_t>(n_layers) +
                          static_cast<std::size_t>(layer);
    return std::span(ids).subspan(begin[i], begin[i + 1] - begin[i]);
  }
};

// Throws Error that names the line: no header, another number of layers, an expert that is not
// there or stands twice, a layer without any, a text without tokens.
RoutingTrace ParseRoutingTrace(std::string_view text, const std::string& name);

// The text of a trace, as it is read back.
std::string FormatRoutingTrace(const RoutingTrace& trace);

}  // namespace moebench
