#include "results/speculation_json.h"

#include "results/json_values.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

Json ParityJson(const ParityView& p) {
  if (p.texts == 0) return {};
  return {{"texts", p.texts},
          {"equal", p.equal},
          {"worst", TextOrNull(p.worst)},
          {"worst_gap", NumberIf(p.equal < p.texts, p.worst_gap)}};
}

Json PredictionJson(const std::optional<PredictionRecord>& p) {
  if (!p) return {};
  return {{"source", Text(p->source)},       {"acceptance", Number(p->acceptance)},
          {"hit_rate", Number(p->hit_rate)}, {"draft_cost", Number(p->draft_cost)},
          {"draft_tokens", p->guesses},      {"speedup", Number(p->speedup)}};
}

Json KindsJson(const std::vector<KindView>& kinds) {
  Json list = Json::array();
  for (const KindView& k : kinds) {
    list.push_back({{"kind", Text(k.kind)},
                    {"prompts", k.prompts},
                    {"repeated_5grams", Number(k.repeated_share)},
                    {"decode_tps", IntervalJson(k.decode_tps)},
                    {"over_plain", IntervalJson(k.over_plain)},
                    {"accept_rate", k.accept_rate ? Number(*k.accept_rate) : Json()}});
  }
  return list;
}

}  // namespace

Json SpeculationJson(const CellView& view) {
  if (!view.speculation) return {};
  const SpeculationView& s = *view.speculation;
  const Guessing& g = view.record.cell.guessing;
  Json warnings = Json::array();
  for (const std::string& warning : s.warnings) warnings.push_back(Text(warning));
  Json at = Json::array();
  for (const double share : s.accepted_at) at.push_back(Number(share));
  return {{"draft", TextOrNull(g.draft_path)},
          {"draft_sha256", TextOrNull(g.draft_sha256)},
          {"draft_tokens", g.draft_tokens},
          {"min_probability", Number(g.min_probability)},
          {"recurrent", TextOrNull(g.recurrent)},
          {"steps", s.steps},
          {"drafted", s.drafted},
          {"accepted", s.accepted},
          {"looked_up", s.looked_up},
          {"lookup_accepted", s.lookup_accepted},
          {"accepted_at", std::move(at)},
          {"tokens_per_step", Number(s.tokens_per_step)},
          {"guesses_per_pass", Number(s.guesses_per_pass)},
          {"tokens_per_pass", Number(s.tokens_per_pass)},
          {"draft_share", Number(s.draft_share)},
          {"verify_share", Number(s.verify_share)},
          {"rollback_share", Number(s.rollback_share)},
          {"lookup_share", Number(s.lookup_share)},
          {"experts_per_pass", Number(s.experts_per_pass)},
          {"experts_expected", Number(s.experts_expected)},
          {"utility", TextOrNull(s.utility)},
          {"over_plain", IntervalJson(s.over_plain)},
          {"parity", ParityJson(s.parity)},
          {"prediction", PredictionJson(s.prediction)},
          {"kinds", KindsJson(s.kinds)},
          {"warnings", std::move(warnings)}};
}

Json PassesJson(const std::vector<PassTableView>& tables) {
  Json list = Json::array();
  for (const PassTableView& table : tables) {
    Json passes = Json::array();
    for (const PassCostView& p : table.passes) {
      passes.push_back({{"tokens", p.tokens},
                        {"ratio", Number(p.ratio)},
                        {"ms", Number(p.ms)},
                        {"lo_ms", Number(p.lo_ms)},
                        {"hi_ms", Number(p.hi_ms)},
                        {"n", p.n},
                        {"experts", Number(p.experts)},
                        {"experts_expected", Number(p.experts_expected)},
                        {"bytes", Number(p.bytes)}});
    }
    list.push_back({{"label", Text(table.label)}, {"k", table.k}, {"passes", std::move(passes)}});
  }
  return list;
}

}  // namespace moebench
