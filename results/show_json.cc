#include <nlohmann/json.hpp>

#include "results/cell_json.h"
#include "results/json_values.h"
#include "results/report_facts.h"
#include "results/report_numa.h"
#include "results/show.h"
#include "results/speculation_json.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

Json SweepJudgeJson(const JudgeOfSweep& j) {
  if (j.judge.empty()) return {};
  return {{"judge", Text(j.judge)},           {"trusted", j.trusted},   {"why", Text(j.why)},
          {"stopped", TextOrNull(j.stopped)}, {"requests", j.requests}, {"usd", Number(j.usd)}};
}

Json RecommendationJson(const Recommendation& r) {
  const bool any = !r.cell_id.empty();
  return {{"cell_id", TextOrNull(r.cell_id)},
          {"speedup", NumberIf(any, r.speedup)},
          {"speedup_lo", NumberIf(any, r.speedup_lo)},
          {"speedup_hi", NumberIf(any, r.speedup_hi)},
          {"quality_change", NumberIf(any, r.quality_change)},
          {"quality_lo", NumberIf(any, r.quality_lo)},
          {"quality_hi", NumberIf(any, r.quality_hi)},
          {"why", Text(r.why)},
          {"deploy_native", TextOrNull(r.deploy_native)},
          {"deploy_llamacpp", TextOrNull(r.deploy_llamacpp)},
          {"deploy_llama_cli", TextOrNull(r.deploy_llama_cli)}};
}

// Null where no setting has several instances.
Json ThroughputJson(const ModelView& model) {
  const Throughput& t = model.throughput;
  if (t.choice.why.empty()) return {};
  Json json = RecommendationJson(t.choice);
  json["texts"] = t.texts > 0 ? Json(t.texts) : Json();
  const CellView* cell = MostTokensOf(model);
  const CellView* baseline = BaselineOf(model);
  const OwnSpeed own = cell ? OwnSpeedOf(*cell) : OwnSpeed();
  const double base = baseline && baseline->stable ? OwnSpeedOf(*baseline).mean : 0;
  const bool told = own.least > 0;
  json["each_text"] = {{"decode_tps_least", NumberIf(told, own.least)},
                       {"decode_tps_most", NumberIf(told, own.most)},
                       {"ratio_least", NumberIf(told && base > 0, own.least / base)},
                       {"ratio_most", NumberIf(told && base > 0, own.most / base)},
                       {"jain", NumberIf(told, cell ? cell->numa.jain : 0)}};
  json["over_own_k0"] = cell ? IntervalJson(cell->over_own_k0) : Json();
  return json;
}

Json ModelJson(const ModelView& model) {
  return {{"name", Text(model.name)},
          {"path", Text(model.record.path)},
          {"sha256", Text(model.record.sha256)},
          {"facts", Stored(model.record.facts_json)},
          {"recommendation", RecommendationJson(model.recommendation)},
          {"throughput", ThroughputJson(model)},
          {"passes", PassesJson(model.passes)},
          {"safe_k", model.safe_k > 0 ? Json(model.safe_k) : Json()},
          {"safe_k_evidence", TextOrNull(model.safe_k_text)},
          {"aa",
           {{"noise", NumberIf(!model.aa_text.empty(), model.aa_noise)},
            {"text", TextOrNull(model.aa_text)}}}};
}

Json SessionJson(const SessionRecord& s) {
  return {{"id", s.id},
          {"model_sha256", Text(s.model_sha256)},
          {"index", s.index},
          {"started", Text(s.started)},
          {"placement", Text(s.placement)},
          {"threads", s.threads},
          {"isa", Text(s.isa)},
          {"engine_version", Text(s.engine_version)},
          {"load_s", Number(s.load_s)},
          {"asked", Stored(s.asked_json)},
          {"proof", Stored(s.proof_json)},
          {"proof_after", Stored(s.proof_after_json)},
          {"read_bandwidth_gbps", NumberIf(s.read_bandwidth_gbps > 0, s.read_bandwidth_gbps)},
          {"cache_bandwidth_gbps", NumberIf(s.cache_bandwidth_gbps > 0, s.cache_bandwidth_gbps)},
          {"cache_bytes", s.cache_bytes > 0 ? Json(s.cache_bytes) : Json()},
          {"probes_again", s.probes_again},
          {"instances", s.instances},
          {"remote_share", s.remote_share ? Number(*s.remote_share) : Json()}};
}

}  // namespace

Json ShowJson(const SweepView& view) {
  Json models = Json::array();
  Json cells = Json::array();
  for (const ModelView& model : view.models) {
    models.push_back(ModelJson(model));
    for (const CellView& cell : model.cells) {
      cells.push_back(CellJson(cell));
      cells.back()["chat_format"] = TextOrNull(ChatFormatOf(model));
    }
  }
  Json prompts = Json::array();
  for (const SpeedPromptRecord& p : view.prompts) {
    prompts.push_back({{"id", Text(p.prompt_id)},
                       {"kind", TextOrNull(p.kind)},
                       {"repeated_5grams", Number(p.repeated_share)}});
  }
  Json sessions = Json::array();
  for (const SessionRecord& session : view.sessions) sessions.push_back(SessionJson(session));
  return {
      {"schema", "moebench.show/1"},
      {"sweep",
       {{"id", view.sweep.id},
        {"started", Text(view.sweep.started)},
        {"finished", TextOrNull(view.sweep.finished)},
        {"version", Text(view.sweep.version)},
        {"seed", view.sweep.seed},
        {"config", Stored(view.sweep.config_json)},
        {"config_hash", Text(view.sweep.config_hash)},
        {"machine", Stored(view.sweep.machine_json)},
        {"machine_hash", Text(view.sweep.machine_hash)}}},
      {"flag_below", Number(view.flag_below)},
      {"counts",
       {{"flagged", view.flagged},
        {"improved", view.improved},
        {"inconclusive", view.inconclusive},
        {"failed", view.failed},
        {"skipped", view.skipped},
        {"invalid", view.invalid},
        {"planned", view.planned},
        {"expected", view.expected},
        {"regressed", view.regressed},
        {"unstable", view.unstable}}},
      {"machine_alarm", TextOrNull(view.machine_alarm)},
      {"aa_record",
       {{"cells", view.aa.cells}, {"flagged", view.aa.flagged}, {"improved", view.aa.improved}}},
      {"speed_prompts", std::move(prompts)},
      {"judge", SweepJudgeJson(view.judge)},
      {"models", std::move(models)},
      {"cells", std::move(cells)},
      {"sessions", std::move(sessions)}};
}

}  // namespace moebench
