#include "results/cell_json.h"

#include "results/json_values.h"
#include "results/speculation_json.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

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
Json AtOnceJson(const CellView& view) {
  const NumaView& numa = view.numa;
  if (numa.instances.empty()) return {};
  Json list = Json::array();
  for (const InstanceView& i : numa.instances) {
    list.push_back({{"where", TextOrNull(i.where)},
                    {"decode_tps", Number(i.tps)},
                    {"slowest", Number(i.lo)},
                    {"fastest", Number(i.hi)}});
  }
  return {{"instances", std::move(list)},
          {"over_own_k0", IntervalJson(view.over_own_k0)},
          {"jain", Number(numa.jain)},
          {"min_over_max", Number(numa.min_over_max)},
          {"overlap", Number(numa.overlap)}};
}

}  // namespace

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
      {"at_once", AtOnceJson(view)},
      {"joules_per_token", view.joules_per_token ? Number(*view.joules_per_token) : Json()},
      {"energy_unavailable", TextOrNull(view.no_energy)},
      {"sessions", view.sessions},
      {"trials", view.trials},
      {"unstable_trials", view.unstable_trials},
      {"stable", view.stable}};
}

}  // namespace moebench
