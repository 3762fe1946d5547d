#include "runners/native/native_experts.h"

#include <algorithm>
#include <string>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/placement_name.h"
#include "runners/routing/expert_nodes.h"

namespace moebench {
namespace {

[[noreturn]] void Refuse(const PlacementPlan& plan, const std::string& why,
                         const std::string& hint) {
  throw Error{"placement '" + plan.policy + "': " + why, kPlacementRefused, hint, ExitCode::kUsage};
}

bool WantsWholeExperts(const PlacementPlan& plan) {
  return PolicyOf(plan.policy) == "expert-shard";
}

RoutingTrace TraceFor(const PlacementPlan& plan, const PlacementName& name, const Hyper& hyper) {
  RoutingTrace trace = ParseRoutingTrace(ReadFile(name.trace, kMostTraceBytes), name.trace);
  const int layers = hyper.CountOf(FeedForward::kExperts);
  if (trace.n_experts != hyper.n_experts || trace.n_layers != layers) {
    Refuse(plan,
           "the trace is of " + std::to_string(trace.n_experts) + " experts in " +
               std::to_string(trace.n_layers) + " layers, the model has " +
               std::to_string(hyper.n_experts) + " in " + std::to_string(layers),
           "record one with moebench trace-routing");
  }
  return trace;
}

ExpertSplit SplitBy(const PlacementPlan& plan, ExpertRule rule, const RoutingTrace& trace) {
  if (plan.thread_nodes.size() != plan.thread_cpus.size()) {
    Refuse(plan, "names no node for each thread", "");
  }
  std::vector<int> nodes = plan.thread_nodes;
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  ExpertSplit split;
  for (const int node : plan.thread_nodes) {
    split.group_of_thread.push_back(
        static_cast<int>(std::lower_bound(nodes.begin(), nodes.end(), node) - nodes.begin()));
  }
  for (int layer = 0; layer < trace.n_layers; ++layer) {
    split.group_of_expert.push_back(
        AssignExperts(rule, trace, layer, static_cast<int>(nodes.size())));
  }
  return split;
}

ExpertSplit InTurn(const PlacementPlan& plan, const Hyper& hyper) {
  const RoutingTrace nothing{.n_experts = hyper.n_experts,
                             .n_layers = hyper.CountOf(FeedForward::kExperts),
                             .ids = {},
                             .begin = {0}};
  return SplitBy(plan, ExpertRule::kRoundRobin, nothing);
}

}  // namespace

ExpertSplit ExpertsOn(const PlacementPlan& plan, const Hyper& hyper) {
  if (!WantsWholeExperts(plan)) return {};
  if (hyper.n_experts == 0) Refuse(plan, "the model has no experts", "use row-shard");
  const PlacementName name = ParsePlacementName(plan.policy, ExitCode::kUsage);
  if (name.trace.empty()) return InTurn(plan, hyper);
  const ExpertRule rule =
      name.experts == "load" ? ExpertRule::kByLoad : ExpertRule::kAgainstCoActivation;
  return SplitBy(plan, rule, TraceFor(plan, name, hyper));
}

ExpertSplit DraftExpertsOn(const PlacementPlan& plan, const Hyper& hyper) {
  if (!WantsWholeExperts(plan) || hyper.n_experts == 0) return {};
  return InTurn(plan, hyper);
}

}  // namespace moebench
