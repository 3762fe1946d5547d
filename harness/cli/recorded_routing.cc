#include "harness/cli/recorded_routing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/base/error.h"
#include "runners/routing/packed_trace.h"

namespace moebench {

const RoutingRecord& ChooseRouting(const SweepRows& rows, const std::string& model) {
  const std::string sweep = fmt::format("sweep {}", rows.sweep.id);
  if (rows.routings.empty()) {
    throw Error{"holds no routing trace", sweep,
                "the native runner records one of each model with experts; of a text of yours: "
                "moebench trace-routing",
                ExitCode::kUsage};
  }
  std::vector<const RoutingRecord*> found;
  std::vector<std::string> names;
  for (const RoutingRecord& routing : rows.routings) {
    for (const ModelRecord& record : rows.models) {
      if (record.sha256 != routing.model_sha256) continue;
      names.push_back(record.path);
      const std::string file = std::filesystem::path(record.path).filename().string();
      if (model.empty() || model == record.path || model == file) found.push_back(&routing);
    }
  }
  if (found.size() == 1) return *found.front();
  throw Error{model.empty()   ? "has traces of several models"
              : found.empty() ? fmt::format("has no routing trace of '{}'", model)
                              : fmt::format("has several models called '{}'", model),
              sweep, fmt::format("name one with --model: {}", fmt::join(names, ", ")),
              ExitCode::kUsage};
}

RoutingTrace TraceOf(const RoutingRecord& record) {
  const std::string name = fmt::format("routing of session {}", record.session_id);
  RoutingTrace trace = UnpackRoutingTrace(record.experts, record.n_experts, record.n_layers, name);
  if (trace.n_tokens() == record.n_tokens) return trace;
  throw Error{fmt::format("holds {} tokens, not {}", trace.n_tokens(), record.n_tokens), name, "",
              ExitCode::kBadData};
}

}  // namespace moebench
