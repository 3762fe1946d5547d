#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "results/energy.h"
#include "results/export_rows.h"
#include "results/export_speculation.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

// JSON that we stored as text; text that isn't JSON stays text.
Json Stored(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? Json(text) : json;
}

Json SweepJson(const SweepRecord& s) {
  return {{"kind", "sweep"},
          {"id", s.id},
          {"started", s.started},
          {"finished", s.finished.empty() ? Json() : Json(s.finished)},
          {"version", s.version},
          {"config", Stored(s.config_json)},
          {"config_hash", s.config_hash},
          {"machine", Stored(s.machine_json)},
          {"machine_hash", s.machine_hash},
          {"seed", std::to_string(s.seed)}};
}

Json ModelJson(const ModelRecord& m) {
  return {
      {"kind", "model"}, {"sha256", m.sha256}, {"path", m.path}, {"facts", Stored(m.facts_json)}};
}

Json CellJson(const CellRecord& c) {
  return {{"kind", "cell"},
          {"cell_id", c.cell_id},
          {"model", c.cell.model_path},
          {"model_sha256", c.cell.model_sha256},
          {"runner", c.cell.runner},
          {"k", c.cell.k},
          {"decoding", c.cell.decoding},
          {"placement", c.cell.placement},
          {"threads", c.cell.threads},
          {"instances", c.cell.instances},
          {"kv", c.cell.kv.empty() ? Json() : Json(c.cell.kv)},
          {"guessing", GuessingJson(c.cell)},
          {"baseline", c.cell.baseline},
          {"control", c.cell.control},
          {"status", StatusWord(c.status)},
          {"reason", c.reason},
          {"bytes_per_token_predicted", c.bytes_per_token_predicted},
          {"max_speedup", c.max_speedup}};
}

Json SessionJson(const SessionRecord& s) {
  return {{"kind", "session"},
          {"id", s.id},
          {"model_sha256", s.model_sha256},
          {"index", s.index},
          {"started", s.started},
          {"placement", s.placement},
          {"isa", s.isa},
          {"engine_version", s.engine_version},
          {"threads", s.threads},
          {"load_s", s.load_s},
          {"asked", Stored(s.asked_json)},
          {"proof", Stored(s.proof_json)},
          {"proof_after", s.proof_after_json.empty() ? Json() : Stored(s.proof_after_json)},
          {"read_bandwidth_gbps", s.read_bandwidth_gbps},
          {"cache_bandwidth_gbps", s.cache_bandwidth_gbps},
          {"cache_bytes", s.cache_bytes},
          {"probes_again", s.probes_again},
          {"rerun", s.rerun},
          {"instances", s.instances},
          {"remote_share", s.remote_share ? Json(*s.remote_share) : Json()}};
}

Json JoulesPerToken(const TrialRecord& t) {
  const TrialRecord* const one[] = {&t};
  const Energy energy = EnergyOf(one);
  return energy.joules_per_token ? Json(*energy.joules_per_token) : Json();
}

Json WaitJson(const std::optional<WaitRecord>& wait) {
  if (!wait) return {};
  return {{"mean", wait->mean}, {"most", wait->most}};
}

Json InstancesJson(const TrialRecord& t) {
  Json list = Json::array();
  for (const InstanceRecord& i : t.instances) {
    list.push_back({{"prompt_tokens", i.prompt_tokens},
                    {"timed_tokens", i.timed_tokens},
                    {"prefill_ms", i.prefill_ms},
                    {"decode_ms", i.decode_ms},
                    {"logits_hash", std::to_string(i.logits_hash)}});
  }
  return list;
}

Json TrialJson(const TrialRecord& t) {
  return {{"kind", "trial"},
          {"cell_id", t.cell_id},
          {"session_id", t.session_id},
          {"round", t.round},
          {"order", t.order},
          {"prompts", t.prompts},
          {"prompt_tokens", t.prompt_tokens},
          {"generated_tokens", t.generated_tokens},
          {"prefill_ms", t.prefill_ms},
          {"decode_ms", t.decode_ms},
          {"ttft_ms", t.ttft_ms},
          {"inter_token_ms", t.inter_token_ms},
          {"decode_tps", t.DecodeTps()},
          {"prefill_tps", t.PrefillTps()},
          {"k_executed_min", t.k_executed_min},
          {"k_executed_max", t.k_executed_max},
          {"experts_touched", t.experts_touched},
          {"bytes_per_token", t.bytes_per_token},
          {"logits_hash", std::to_string(t.logits_hash)},
          {"drafted", t.drafted ? Json(*t.drafted) : Json()},
          {"accepted", t.accepted ? Json(*t.accepted) : Json()},
          {"speculation", SpeculationJson(t.speculation)},
          {"each_prompt", PromptsJson(t.each_prompt)},
          {"instances", InstancesJson(t)},
          {"overlap", t.overlap},
          {"prefill_wait", WaitJson(t.prefill_wait)},
          {"decode_wait", WaitJson(t.decode_wait)},
          {"machine_delta", Stored(t.machine_delta_json)},
          {"joules_per_token", JoulesPerToken(t)},
          {"unstable", t.unstable}};
}

Json SignsJson(const std::optional<SignsRecord>& s) {
  if (!s) return {};
  return {{"cut_off", s->cut_off},
          {"empty", s->empty},
          {"loop", s->loop},
          {"unfinished", s->unfinished},
          {"open_fence", s->open_fence},
          {"open_json", s->open_json},
          {"prompt_echo", s->prompt_echo},
          {"wrong_script", s->wrong_script},
          {"compression_ratio", s->compression_ratio}};
}

Json AnswerJson(const AnswerRecord& a) {
  return {{"kind", "answer"},
          {"cell_id", a.cell_id},
          {"session_id", a.session_id},
          {"item_id", a.item_id},
          {"item_hash", a.item_hash},
          {"category", a.category},
          {"prompt", a.prompt},
          {"answer", a.answer},
          {"finish", a.finish},
          {"prompt_tokens", a.prompt_tokens},
          {"generated_tokens", a.generated_tokens},
          {"score", a.score},
          {"outcome", a.outcome},
          {"detail", a.detail},
          {"parity", ParityJson(a.parity)},
          {"signs", SignsJson(a.signs)}};
}

Json DivergenceJson(const DivergenceRecord& d) {
  return {{"kind", "divergence"},
          {"cell_id", d.cell_id},
          {"session_id", d.session_id},
          {"text_hash", d.text_hash},
          {"base_k", d.base_k},
          {"window_tokens", d.window_tokens},
          {"windows", d.windows},
          {"scored_per_window", d.per_window},
          {"k_executed_min", d.k_executed_min},
          {"k_executed_max", d.k_executed_max},
          {"base_log_p", d.base_log_p},
          {"log_p", d.log_p},
          {"kl", d.kl},
          {"same_top", d.same_top}};
}

Json JudgmentJson(const JudgmentRecord& j) {
  return {{"kind", "judgment"},
          {"cell_id", j.cell_id},
          {"item_id", j.item_id},
          {"of", j.kind},
          {"swapped", j.swapped},
          {"outcome", j.outcome},
          {"score", j.score},
          {"judge", j.judge},
          {"model", j.model},
          {"prompt_hash", j.prompt_hash},
          {"content_hash", j.content_hash},
          {"reply", j.reply},
          {"requests", j.requests},
          {"input_tokens", j.input_tokens},
          {"output_tokens", j.output_tokens}};
}

Json JudgeRunJson(const JudgeRunRecord& r) {
  return {{"kind", "judge_run"},       {"at", r.at},
          {"judge", r.judge},          {"prompt_hash", r.prompt_hash},
          {"requests", r.requests},    {"usd", r.usd},
          {"judged", r.judged},        {"invalid", r.invalid},
          {"stopped", r.stopped},      {"trusted", r.trusted},
          {"trust_text", r.trust_text}};
}

std::string Text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

void ForEachRow(const SweepRows& rows, const std::function<void(const char*, Json)>& use) {
  for (const ModelRecord& m : rows.models) use("models", ModelJson(m));
  for (const CellRecord& c : rows.cells) use("cells", CellJson(c));
  for (const SessionRecord& s : rows.sessions) use("sessions", SessionJson(s));
  for (const PassCostRecord& c : rows.pass_costs) use("pass_costs", PassCostJson(c));
  for (const TrialRecord& t : rows.trials) use("trials", TrialJson(t));
  for (const AnswerRecord& a : rows.answers) use("answers", AnswerJson(a));
  for (const DivergenceRecord& d : rows.divergences) use("divergences", DivergenceJson(d));
  for (const JudgmentRecord& j : rows.judgments) use("judgments", JudgmentJson(j));
  for (const JudgeRunRecord& r : rows.judge_runs) use("judge_runs", JudgeRunJson(r));
}

}  // namespace

std::string ExportJson(const SweepRows& rows) {
  Json document = {{"schema", "moebench.export/1"}, {"sweep", SweepJson(rows.sweep)}};
  document["sweep"].erase("kind");
  for (const char* list : {"models", "cells", "sessions", "pass_costs", "trials", "answers",
                           "divergences", "judgments", "judge_runs"}) {
    document[list] = Json::array();
  }
  ForEachRow(rows, [&](const char* list, Json row) {
    row.erase("kind");
    document[list].push_back(std::move(row));
  });
  return Text(document, 1) + '\n';
}

std::string ExportJsonLines(const SweepRows& rows) {
  Json sweep = SweepJson(rows.sweep);
  sweep["schema"] = "moebench.export/1";
  std::string text = Text(sweep, -1) + '\n';
  ForEachRow(rows, [&](const char*, const Json& row) { text += Text(row, -1) + '\n'; });
  return text;
}

}  // namespace moebench
