#include "harness/cli/report_forecast.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "results/instance_places.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

// The most nodes that the instances of one session had memory on.
int NodesUsed(const SweepView& view, const std::string& model_sha256) {
  size_t most = 0;
  for (const SessionRecord& session : view.sessions) {
    if (session.model_sha256 != model_sha256) continue;
    std::set<int> nodes;
    for (const InstancePlace& place : InstancePlaces(session.asked_json)) {
      nodes.insert(place.nodes.begin(), place.nodes.end());
    }
    most = std::max(most, nodes.size());
  }
  return static_cast<int>(most);
}

double NumberIn(const Json& facts, const char* key, double otherwise) {
  if (!facts.is_object()) return otherwise;
  const auto found = facts.find(key);
  return found != facts.end() && found->is_number() ? found->get<double>() : otherwise;
}

}  // namespace

ModelBytes BytesIn(const std::string& facts_json) {
  const Json facts = Json::parse(facts_json, nullptr, false);
  return {.expert = NumberIn(facts, "expert_bytes", 1),
          .dense = NumberIn(facts, "dense_bytes_per_token", 0)};
}

void AddForecasts(const RoutingTrace& trace, const SweepView& view, ModelView& model) {
  const int nodes = NodesUsed(view, model.record.sha256);
  if (nodes < 2) return;
  model.forecast_k = static_cast<double>(trace.ids.size()) / trace.n_tokens() / trace.n_layers;
  const ModelBytes bytes = BytesIn(model.record.facts_json);
  for (const PolicyForecast& f : ForecastPolicies(trace, {.n_nodes = nodes}, bytes)) {
    model.forecasts.push_back({f.policy, f.busiest_bytes, f.remote_share, f.efficiency});
  }
}

}  // namespace moebench
