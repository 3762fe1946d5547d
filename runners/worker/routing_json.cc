#include "runners/worker/routing_json.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/base/error.h"

namespace moebench {

Json ToJson(const RoutingRequest& request) {
  Json json = {{"k", request.k}, {"max_tokens", request.max_tokens}};
  PutText(json, "text", request.text);
  return json;
}

RoutingRequest RoutingRequestFrom(const Fields& fields) {
  RoutingRequest request;
  request.text = fields.Text("text");
  request.k = fields.Int("k", INT32_MIN, INT32_MAX);  // the engine knows its N and refuses
  request.max_tokens = fields.Int("max_tokens", INT32_MIN, INT32_MAX);
  return request;
}

Json ToJson(const RoutingResult& result) {
  return {{"trace", FormatRoutingTrace(result.trace)},
          {"k_executed_min", result.k_executed_min},
          {"k_executed_max", result.k_executed_max}};
}

RoutingResult RoutingResultFrom(const Fields& fields) {
  RoutingResult result;
  result.trace = ParseRoutingTrace(fields.Text("trace"), "trace");
  result.k_executed_min = fields.Int("k_executed_min", 0, kMostTraceExperts);
  result.k_executed_max = fields.Int("k_executed_max", result.k_executed_min, kMostTraceExperts);
  for (std::size_t i = 1; i < result.trace.begin.size(); ++i) {
    const auto count = static_cast<int>(result.trace.begin[i] - result.trace.begin[i - 1]);
    if (count >= result.k_executed_min && count <= result.k_executed_max) continue;
    throw Error{"'trace' gives a token " + std::to_string(count) + " experts, not " +
                    std::to_string(result.k_executed_min) + " to " +
                    std::to_string(result.k_executed_max),
                ""};
  }
  return result;
}

}  // namespace moebench
