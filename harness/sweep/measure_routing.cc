#include "harness/sweep/measure_routing.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "runners/routing/packed_trace.h"

namespace moebench {
namespace {

constexpr int kTokens = 256;
// Of prompts put together; no vocabulary has tokens so long that these are fewer than kTokens.
constexpr size_t kPromptBytes = 16 << 10;

std::string TextOf(const SweepPlan& plan) {
  if (!plan.text.empty()) return plan.text;
  std::string text;
  const auto add = [&](const std::string& prompt) {
    if (text.size() < kPromptBytes) text += prompt + "\n";
  };
  for (const SpeedPrompt& prompt : plan.suite.speed) add(prompt.prompt);
  for (const Item& item : plan.items) add(item.prompt);
  return text;
}

void RequireAsAsked(const RoutingResult& result, const ModelFacts& facts) {
  const RoutingTrace& trace = result.trace;
  const bool of_model = trace.n_experts == facts.n_experts && trace.n_layers == facts.n_moe_layers;
  const bool at_k0 = result.k_executed_min == facts.k0 && result.k_executed_max == facts.k0;
  if (of_model && at_k0 && trace.n_tokens() <= kTokens) return;
  throw Error{
      fmt::format("the trace is of {} tokens at k = {} to {} of {} experts in {} layers, "
                  "not of at most {} at {} of {} in {}",
                  trace.n_tokens(), result.k_executed_min, result.k_executed_max, trace.n_experts,
                  trace.n_layers, kTokens, facts.k0, facts.n_experts, facts.n_moe_layers),
      "routing", "", ExitCode::kInternal};
}

}  // namespace

std::optional<size_t> RoutingCell(const PlannedModel& model, const SessionGroup& group) {
  const std::vector<std::string>& can = model.abilities.capabilities;
  if (model.facts.n_experts == 0 ||
      std::find(can.begin(), can.end(), kTracesRouting) == can.end()) {
    return std::nullopt;
  }
  const auto is_baseline = [&](size_t cell) { return model.cells[cell].cell.baseline; };
  if (group.anchor && is_baseline(*group.anchor)) return group.anchor;
  const auto found = std::find_if(group.cells.begin(), group.cells.end(), is_baseline);
  return found == group.cells.end() ? std::nullopt : std::optional(*found);
}

RoutingRecord MeasureRouting(Runner& runner, const PlannedModel& model, const SweepPlan& plan) {
  const std::string text = TextOf(plan);
  const RoutingResult result =
      runner.TraceRouting({.text = text, .k = model.facts.k0, .max_tokens = kTokens});
  RequireAsAsked(result, model.facts);
  return {.model_sha256 = model.sha256,
          .k = model.facts.k0,
          .text_hash = Hex16(Fnv1a64(text)),
          .n_experts = result.trace.n_experts,
          .n_layers = result.trace.n_layers,
          .n_tokens = result.trace.n_tokens(),
          .experts = PackRoutingTrace(result.trace)};
}

}  // namespace moebench
