#include "harness/cli/report_extras.h"

#include <fmt/format.h>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/cli/recorded_routing.h"
#include "harness/cli/report_forecast.h"
#include "results/model_facts.h"
#include "runners/routing/routing_trace.h"

namespace moebench {
namespace {

RouterLoadView LoadOf(const RoutingTrace& trace, const std::string& source) {
  RouterLoadView load{.source = source,
                      .n_experts = trace.n_experts,
                      .n_layers = trace.n_layers,
                      .tokens = trace.n_tokens(),
                      .counts = {}};
  const auto experts = static_cast<size_t>(trace.n_experts);
  load.counts.resize(experts * static_cast<size_t>(trace.n_layers));
  for (int token = 0; token < trace.n_tokens(); ++token) {
    for (int layer = 0; layer < trace.n_layers; ++layer) {
      for (const int32_t expert : trace.Experts(token, layer)) {
        ++load.counts[static_cast<size_t>(layer) * experts + static_cast<size_t>(expert)];
      }
    }
  }
  return load;
}

void Add(const RoutingTrace& trace, const std::string& source, const SweepView& view,
         ModelView& model) {
  model.router = LoadOf(trace, source);
  AddForecasts(trace, view, model);
}

void AddNamed(const std::string& path, const SweepView& view, ModelView& model) {
  const RoutingTrace trace = ParseRoutingTrace(ReadFile(path, kMostTraceBytes), path);
  const int experts = ExpertCount(model.record.facts_json);
  if (experts > 0 && experts != trace.n_experts) {
    throw Error{fmt::format("is of {} experts, {} has {}", trace.n_experts, model.name, experts),
                path, "give one for each model, in the sweep's order", ExitCode::kUsage};
  }
  Add(trace, path, view, model);
}

void AddRecorded(const SweepView& view, ModelView& model) {
  const RoutingRecord& record = *model.routing;
  Add(TraceOf(record),
      fmt::format("that session {} of this sweep recorded at k = {}", record.session_id, record.k),
      view, model);
}

}  // namespace

void AddRouting(const std::vector<std::string>& traces, SweepView& view) {
  if (traces.size() > view.models.size()) {
    throw Error{fmt::format("is one trace too many, the sweep has {} model{}", view.models.size(),
                            view.models.size() == 1 ? "" : "s"),
                traces[view.models.size()], "give one for each model, in the sweep's order",
                ExitCode::kUsage};
  }
  for (size_t i = 0; i < view.models.size(); ++i) {
    if (i < traces.size()) {
      AddNamed(traces[i], view, view.models[i]);
    } else if (view.models[i].routing) {
      AddRecorded(view, view.models[i]);
    }
  }
}

}  // namespace moebench
