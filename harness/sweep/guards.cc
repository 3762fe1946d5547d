#include "harness/sweep/guards.h"

#include <fmt/format.h>

#include <algorithm>

namespace moebench {

bool HasCapability(const Abilities& abilities, const std::string& name) {
  const std::vector<std::string>& all = abilities.capabilities;
  return std::find(all.begin(), all.end(), name) != all.end();
}

StateAnswer GuardState(const ModelFacts& facts, const Abilities& abilities,
                       const std::string& asked) {
  if (facts.n_recurrent_layers == 0) return {};
  const bool rollback = HasCapability(abilities, "recurrent:rollback");
  const bool checkpoint = HasCapability(abilities, "recurrent:checkpoint");
  if ((asked == "auto" || asked == "rollback") && rollback) return {StateGuard::kRollback, ""};
  if (asked == "checkpoint" && checkpoint) return {StateGuard::kCheckpoint, ""};
  std::string why = "this runner offers no way back";
  if (rollback) {
    why = asked == "off" ? "restoring it is switched off (recurrent: off)"
                         : "this runner offers rollback, no checkpoint";
  } else if (checkpoint) {
    why = "this runner offers a checkpoint only, correct and slow (recurrent: checkpoint)";
  }
  return {StateGuard::kForbidden,
          fmt::format("ssm: {} recurrent layers would keep rejected tokens in their state: {}",
                      facts.n_recurrent_layers, why)};
}

std::string RecurrentSetting(const ModelFacts& facts, const Abilities& abilities,
                             const std::string& asked) {
  if (facts.n_recurrent_layers == 0) return "";
  if (asked != "auto") return asked;
  return HasCapability(abilities, "recurrent:rollback") ? "rollback" : "off";
}

std::optional<std::string> GuardReason(const Cell& cell, const ModelFacts& facts,
                                       const Abilities& abilities) {
  if (facts.n_experts > 0 && cell.k > facts.n_experts) {
    return fmt::format("experts: k = {} is more than the model's {}", cell.k, facts.n_experts);
  }
  if (cell.decoding == "plain") return std::nullopt;
  const StateAnswer state = GuardState(facts, abilities, cell.guessing.recurrent);
  if (state.guard == StateGuard::kForbidden) return state.reason;
  if (!HasCapability(abilities, "decoding:" + cell.decoding)) {
    return fmt::format("capability: this version's {} runner does not offer '{}'", cell.runner,
                       cell.decoding);
  }
  if (!cell.decoding.starts_with("draft")) return std::nullopt;
  if (!abilities.draft) return "no draft model is named: --draft D.gguf, or draft: in the YAML";
  if (!abilities.draft->mismatch.empty()) return "draft: " + abilities.draft->mismatch;
  return std::nullopt;
}

}  // namespace moebench
