#include "harness/cli/report_extras.h"

#include <fmt/format.h>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/cli/report_forecast.h"
#include "results/model_facts.h"
#include "runners/routing/routing_trace.h"

namespace moebench {
namespace {

RouterLoadView LoadOf(const RoutingTrace& trace, const std::string& path) {
  RouterLoadView load{.source = path,
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

}  // namespace

void AddRouting(const std::vector<std::string>& traces, SweepView& view) {
  for (size_t i = 0; i < traces.size(); ++i) {
    if (i >= view.models.size()) {
      throw Error{fmt::format("is one trace too many, the sweep has {} model{}", view.models.size(),
                              view.models.size() == 1 ? "" : "s"),
                  traces[i], "give one for each model, in the sweep's order", ExitCode::kUsage};
    }
    ModelView& model = view.models[i];
    const RoutingTrace trace = ParseRoutingTrace(ReadFile(traces[i], kMostTraceBytes), traces[i]);
    const int experts = ExpertCount(model.record.facts_json);
    if (experts > 0 && experts != trace.n_experts) {
      throw Error{fmt::format("is of {} experts, {} has {}", trace.n_experts, model.name, experts),
                  traces[i], "give one for each model, in the sweep's order", ExitCode::kUsage};
    }
    model.router = LoadOf(trace, traces[i]);
    AddForecasts(trace, view, model);
  }
}

}  // namespace moebench
