#include "results/export_speculation.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

template <typename Number>
Json OrNull(const std::optional<Number>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

Json GuessingJson(const Cell& cell) {
  if (cell.decoding == "plain") return {};
  const Guessing& g = cell.guessing;
  return {{"draft", g.draft_path},
          {"draft_sha256", g.draft_sha256},
          {"draft_tokens", g.draft_tokens},
          {"min_probability", g.min_probability},
          {"recurrent", g.recurrent}};
}

Json ParityJson(const std::optional<ParityRecord>& parity) {
  if (!parity) return {};
  return {{"tokens", parity->tokens},
          {"diverged_at", parity->diverged_at < 0 ? Json() : Json(parity->diverged_at)},
          {"gap", OrNull(parity->gap)}};
}

Json SpeculationJson(const std::optional<SpeculationRecord>& speculation) {
  if (!speculation) return {};
  const SpeculationRecord& s = *speculation;
  return {{"steps", s.steps},
          {"drafted", s.drafted},
          {"accepted", s.accepted},
          {"looked_up", s.looked_up},
          {"lookup_accepted", s.lookup_accepted},
          {"drafted_at", s.drafted_at},
          {"accepted_at", s.accepted_at},
          {"draft_ms", s.draft_ms},
          {"verify_ms", s.verify_ms},
          {"rollback_ms", s.rollback_ms},
          {"lookup_ms", s.lookup_ms},
          {"experts_per_step", s.experts_per_step},
          {"tokens_per_pass", s.tokens_per_pass}};
}

Json PromptsJson(const std::vector<PromptRecord>& prompts) {
  Json list = Json::array();
  for (const PromptRecord& p : prompts) {
    list.push_back({{"id", p.prompt_id},
                    {"generated_tokens", p.generated_tokens},
                    {"decode_ms", p.decode_ms},
                    {"drafted", OrNull(p.drafted)},
                    {"accepted", OrNull(p.accepted)},
                    {"parity", ParityJson(p.parity)}});
  }
  return list;
}

Json PassCostJson(const PassCostRecord& c) {
  return {{"kind", "pass_cost"},
          {"session_id", c.session_id},
          {"k", c.k},
          {"tokens", c.tokens},
          {"ms", c.ms},
          {"lo_ms", c.lo_ms},
          {"hi_ms", c.hi_ms},
          {"n", c.n},
          {"experts_per_layer", c.experts_per_layer},
          {"bytes", c.bytes}};
}

}  // namespace moebench
