#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report_facts.h"
#include "results/show.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

Json Text(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Text(text); }

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json NumberIf(bool measured, double value) { return measured ? Number(value) : Json(); }

// Stored JSON as JSON; text that is none as a string.
Json Stored(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? TextOrNull(text) : json;
}

Json IntervalJson(const Interval& interval) {
  const bool measured = interval.n > 0;
  return {{"median", NumberIf(measured, interval.median)},
          {"lo", NumberIf(measured, interval.lo)},
          {"hi", NumberIf(measured, interval.hi)},
          {"n", interval.n}};
}

Json QualityJson(const QualityView& q, bool is_baseline) {
  const bool measured = q.n > 0;
  // Both bounds at 0 without being the baseline: no item in common, or a baseline without a point.
  const bool compared =
      measured && (is_baseline || q.lo != 0 || q.hi != 0 || q.relative != 0 || q.p_mcnemar < 1);
  return {{"score", NumberIf(measured, q.score)},
          {"score_lo", NumberIf(measured, q.score_lo)},
          {"score_hi", NumberIf(measured, q.score_hi)},
          {"n", q.n},
          {"relative", NumberIf(compared, q.relative)},
          {"lo", NumberIf(compared, q.lo)},
          {"hi", NumberIf(compared, q.hi)},
          {"min_detectable", NumberIf(compared && !is_baseline, q.min_detectable)},
          {"p_mcnemar", NumberIf(compared, q.p_mcnemar)},
          {"right", q.right},
          {"wrong", q.wrong},
          {"cut_off", q.cut_off},
          {"empty", q.empty},
          {"loop", q.loop}};
}

Json HistoryJson(const HistoryView& h) {
  if (h.nights == 0 && h.quality_sweep == 0) return {};
  const bool pinned = h.pinned_sweep > 0;
  const bool scored = h.quality_sweep > 0;
  return {{"nights", h.nights},
          {"ratio", IntervalJson(h.ratio)},
          {"min_detectable", NumberIf(h.nights > 0, h.min_detectable)},
          {"night_sd", NumberIf(h.nights > 0, h.night_sd)},
          {"process_sd", NumberIf(h.nights > 0, h.process_sd)},
          {"noise_nights", h.noise_nights},
          {"verdict", TextOrNull(h.verdict)},
          {"reason", TextOrNull(h.reason)},
          {"drift", TextOrNull(h.drift)},
          {"quality",
           {{"sweep", scored ? Json(h.quality_sweep) : Json()},
            {"relative", NumberIf(scored, h.quality.relative)},
            {"lo", NumberIf(scored, h.quality.lo)},
            {"hi", NumberIf(scored, h.quality.hi)},
            {"p_mcnemar", NumberIf(scored, h.quality.p_mcnemar)},
            {"verdict", TextOrNull(h.quality_verdict)},
            {"reason", TextOrNull(h.quality_reason)}}},
          {"pinned_sweep", pinned ? Json(h.pinned_sweep) : Json()},
          {"pinned_ratio", NumberIf(pinned, h.pinned_ratio)}};
}

Json RerunJson(const RerunView& r) {
  if (r.pairs == 0) return {};
  return {{"pairs", r.pairs},
          {"ratio", Number(r.ratio)},
          {"lo", Number(r.lo)},
          {"hi", Number(r.hi)},
          {"confirmed", r.confirmed}};
}

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

// Null for plain decoding and for cells without figures.
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

Json SignsJson(const std::vector<SignCount>& signs) {
  Json counts;  // null without any
  for (const SignCount& sign : signs) counts[sign.sign] = sign.answers;
  return counts;
}

Json DivergenceJson(const DivergenceView& d) {
  if (d.tokens == 0) return {};
  return {{"tokens", d.tokens},
          {"windows", d.windows},
          {"base_k", d.base_k},
          {"perplexity", Number(d.perplexity)},
          {"base_perplexity", Number(d.base_perplexity)},
          {"perplexity_ratio", Number(d.ratio)},
          {"lo", Number(d.lo)},
          {"hi", Number(d.hi)},
          {"kl_mean", Number(d.kl_mean)},
          {"kl_se", Number(d.kl_se)},
          {"kl_p99", Number(d.kl_p99)},
          {"same_top", Number(d.same_top)},
          {"verdict", d.verdict}};
}

Json JudgeJson(const JudgeView& j, bool is_baseline) {
  if (j.n == 0) return {};
  return {{"score", Number(j.score)},
          {"n", j.n},
          {"invalid", j.invalid},
          {"relative", NumberIf(!is_baseline, j.relative)},
          {"lo", NumberIf(!is_baseline, j.lo)},
          {"hi", NumberIf(!is_baseline, j.hi)},
          {"won", j.won},
          {"tied", j.tied},
          {"lost", j.lost},
          {"verdict", TextOrNull(j.verdict)}};
}

Json SweepJudgeJson(const JudgeOfSweep& j) {
  if (j.judge.empty()) return {};
  return {{"judge", Text(j.judge)},           {"trusted", j.trusted},   {"why", Text(j.why)},
          {"stopped", TextOrNull(j.stopped)}, {"requests", j.requests}, {"usd", Number(j.usd)}};
}

// What the time of decoding goes into, and the verdict on it.
Json TimeBoundJson(const NumaView& numa) {
  const TimeBound& bound = numa.bound;
  if (bound.word.empty()) return {};
  const bool parted = bound.read > 0;
  return {{"verdict", Text(bound.word)},
          {"why", Text(bound.why)},
          {"read_share", NumberIf(parted, bound.read)},
          {"wait_share", NumberIf(numa.wait.has_value(), numa.wait.value_or(0))},
          {"wait_share_most", NumberIf(numa.wait_most.has_value(), numa.wait_most.value_or(0))},
          {"rest_share", NumberIf(parted && numa.wait.has_value(), bound.compute)}};
}

// Null for one instance alone.
Json AtOnceJson(const NumaView& numa) {
  if (numa.instances.empty()) return {};
  Json list = Json::array();
  for (const InstanceView& i : numa.instances) {
    list.push_back({{"where", TextOrNull(i.where)},
                    {"decode_tps", Number(i.tps)},
                    {"slowest", Number(i.lo)},
                    {"fastest", Number(i.hi)}});
  }
  return {{"instances", std::move(list)},
          {"jain", Number(numa.jain)},
          {"min_over_max", Number(numa.min_over_max)},
          {"overlap", Number(numa.overlap)}};
}

Json CellJson(const CellView& view) {
  const Cell& cell = view.record.cell;
  Json reasons = Json::array();
  for (const std::string& reason : view.reasons) reasons.push_back(Text(reason));
  Json categories = Json::array();
  for (const CategoryScore& c : view.categories) {
    categories.push_back({{"category", Text(c.category)}, {"score", Number(c.score)}, {"n", c.n}});
  }
  // A cell that was never compared has its end as verdict: skipped(...), failed(...), invalid(...).
  const bool ended = view.record.status != Status::kPlanned && view.record.status != Status::kOk;
  const std::string verdict = view.verdict.empty() && ended ? view.status : view.verdict;
  const bool measured = view.decode_tps.n > 0;
  return {
      {"cell_id", view.record.cell_id},
      {"label", Text(view.label)},
      {"model", Text(view.model_name)},
      {"model_path", Text(cell.model_path)},
      {"model_sha256", Text(cell.model_sha256)},
      {"runner", Text(cell.runner)},
      {"routing", RoutingName(cell)},
      {"k", cell.k},
      {"decoding", Text(cell.decoding)},
      {"placement", Text(cell.placement)},
      {"threads", cell.threads},
      {"instances", cell.instances},
      {"kv", TextOrNull(cell.kv)},
      {"baseline", cell.baseline},
      {"control", cell.control},
      {"status", Text(view.status)},
      {"verdict", TextOrNull(verdict)},
      {"reasons", std::move(reasons)},
      {"expected", view.expected},
      {"history", HistoryJson(view.history)},
      {"rerun", RerunJson(view.rerun)},
      {"decode_tps", IntervalJson(view.decode_tps)},
      {"prefill_tps", IntervalJson(view.prefill_tps)},
      {"ttft_ms", IntervalJson(view.ttft_ms)},
      {"speed_ratio", IntervalJson(view.speed_ratio)},
      {"min_detectable", NumberIf(view.speed_ratio.n > 0 && !cell.baseline, view.min_detectable)},
      {"inter_token_p50_ms", NumberIf(measured, view.inter_token_p50_ms)},
      {"inter_token_p99_ms", NumberIf(view.inter_token_p99_ms > 0, view.inter_token_p99_ms)},
      {"quality", QualityJson(view.quality, cell.baseline && cell.control == 0)},
      {"signs", SignsJson(view.signs)},
      {"divergence", DivergenceJson(view.divergence)},
      {"judge", JudgeJson(view.judge, cell.baseline && cell.control == 0)},
      {"disagreement", TextOrNull(view.disagreement)},
      {"categories", std::move(categories)},
      {"accept_rate", view.accept_rate ? Number(*view.accept_rate) : Json()},
      {"speculation", SpeculationJson(view)},
      {"bytes_per_token", NumberIf(view.bytes_per_token > 0, view.bytes_per_token)},
      {"bytes_per_token_predicted",
       NumberIf(view.record.bytes_per_token_predicted > 0, view.record.bytes_per_token_predicted)},
      {"max_speedup", NumberIf(view.record.max_speedup > 0, view.record.max_speedup)},
      {"bandwidth_gbps", NumberIf(view.bandwidth_gbps > 0, view.bandwidth_gbps)},
      {"bandwidth_fraction", NumberIf(!view.bound.empty(), view.bandwidth_fraction)},
      {"bound", TextOrNull(view.bound)},
      {"time_bound", TimeBoundJson(view.numa)},
      {"remote_share", view.numa.remote_share ? Number(*view.numa.remote_share) : Json()},
      {"at_once", AtOnceJson(view.numa)},
      {"joules_per_token", view.joules_per_token ? Number(*view.joules_per_token) : Json()},
      {"energy_unavailable", TextOrNull(view.no_energy)},
      {"sessions", view.sessions},
      {"trials", view.trials},
      {"unstable_trials", view.unstable_trials},
      {"stable", view.stable}};
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

Json ModelJson(const ModelView& model) {
  return {{"name", Text(model.name)},
          {"path", Text(model.record.path)},
          {"sha256", Text(model.record.sha256)},
          {"facts", Stored(model.record.facts_json)},
          {"recommendation", RecommendationJson(model.recommendation)},
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
