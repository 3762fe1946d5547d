#include "results/testing/sample_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace moebench::testing {
namespace {

constexpr char kModelHash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
constexpr char kModelPath[] = "models/made-up-moe-demo.gguf";

struct MadeUp {
  int k, control;
  double tps, ratio, quality, relative, half_width;  // half_width: of the change of quality
  const char* verdict;
  std::vector<std::string> reasons;
};

QualityView MadeUpQuality(const MadeUp& m) {
  QualityView q;
  q.n = 240;
  q.score = m.quality;
  q.score_lo = std::max(0.0, m.quality - 0.034);
  q.score_hi = std::min(1.0, m.quality + 0.025);
  q.relative = m.relative;
  q.lo = m.relative - m.half_width;
  q.hi = m.relative + m.half_width;
  q.right = static_cast<int>(m.quality * 240);
  q.loop = m.k <= 2 ? 9 : 0;
  q.cut_off = m.k <= 3 ? 6 : 1;
  q.wrong = 240 - q.right - q.loop - q.cut_off;
  return q;
}

LatencyView MadeUpTimes(double p50_ms, int n) {
  LatencyView times{
      .n = n, .p50 = p50_ms, .p90 = n < 10 ? 0 : 1.12 * p50_ms, .p99 = n < 100 ? 0 : 1.4 * p50_ms};
  const std::pair<double, double> shares[] = {{10, 0.95}, {50, 1}, {90, 1.12}, {99, 1.4}};
  for (const auto& [percentile, factor] : shares) {
    if (percentile < 99 || n >= 100) times.curve.emplace_back(percentile, factor * p50_ms);
  }
  return times;
}

// The judge is milder than the graders, divergence stricter.
void AddMadeUpBeside(const MadeUp& m, CellView& view) {
  const double loss = m.k < 8 ? -m.relative : 0;
  view.quality.verdict = m.k == 8 && m.control == 0 ? "" : loss > 0.1 ? "flagged" : "ok";
  DivergenceView& d = view.divergence;
  d = {.tokens = 2040,
       .windows = 8,
       .base_k = 8,
       .perplexity = 6.2 + 9 * loss,
       .base_perplexity = 6.2};
  d.ratio = 1 + 1.5 * loss;
  d.lo = d.ratio - 0.1 * loss;
  d.hi = d.ratio + 0.1 * loss;
  d.kl_mean = 0.9 * loss;
  d.kl_se = 0.05 * loss;
  d.kl_p99 = 6 * loss;
  d.same_top = 1 - 0.9 * loss;
  d.verdict = d.hi < 1.02 ? "ok" : d.lo > 1.1 ? "flagged" : "inconclusive";
  view.judge = {.n = 60, .invalid = m.k <= 2 ? 2 : 0, .score = 2.7 * (1 - 0.5 * loss)};
  view.judge.relative = -0.5 * loss;
  view.judge.lo = view.judge.relative - 0.05;
  view.judge.hi = view.judge.relative + 0.05;
  view.judge.lost = static_cast<int>(40 * loss);
  view.judge.tied = 60 - view.judge.lost;
  view.judge.verdict = loss > 0.3 ? "flagged" : "ok";
  if (m.k == 4) view.disagreement = "graders ok, divergence inconclusive, judge ok";
}

CellView MadeUpCell(const MadeUp& m) {
  CellView view;
  Cell& cell = view.record.cell;
  cell.model_path = kModelPath;
  cell.model_sha256 = kModelHash;
  cell.k = m.k;
  cell.placement = "interleave";
  cell.threads = 2;
  cell.baseline = m.k == 8 && m.control == 0;
  cell.control = m.control;
  view.record.cell_id = CellId(cell);
  view.record.status = Status::kOk;
  view.record.max_speedup = m.k == 0 ? 0 : 1.9 - 0.11 * m.k;
  view.label = CellLabel(cell);
  view.model_name = "made-up-moe-demo.gguf";
  view.status = "ok";
  view.verdict = m.verdict;
  view.reasons = m.reasons;
  view.decode_tps = {m.tps, m.tps * 0.985, m.tps * 1.015, 6};
  view.prefill_tps = {m.tps * 4.1, m.tps * 4.0, m.tps * 4.2, 6};
  view.ttft_ms = {9.4, 9.1, 9.9, 6};
  view.speed_ratio = {m.ratio, m.ratio * 0.985, m.ratio * 1.015, 6};
  view.min_detectable = 0.021;
  view.quality = MadeUpQuality(m);
  view.categories = {{"additions", m.quality, 60},
                     {"brackets", std::min(1.0, m.quality * 1.02), 60},
                     {"korean", m.quality * 0.93, 60},
                     {"recall", std::min(1.0, m.quality * 1.05), 60}};
  view.bytes_per_token = 1.4e6 + 2.1e5 * m.k;
  view.bandwidth_gbps = view.bytes_per_token * m.tps * 1e-9;
  view.bandwidth_fraction = view.bandwidth_gbps / 18.5;
  view.bound = "memory";
  view.inter_token_p50_ms = 1e3 / m.tps;
  view.inter_token_p99_ms = 1.4e3 / m.tps;
  view.ttft_times = MadeUpTimes(9.4, 6);
  view.token_times = MadeUpTimes(1e3 / m.tps, 3048);
  view.signs = {{"answers", 240},
                {"cut_off", view.quality.cut_off},
                {"loop", view.quality.loop},
                {"unfinished", view.quality.cut_off}};
  view.sessions = 2;
  view.trials = view.decode_tps.n;
  AddMadeUpBeside(m, view);
  return view;
}

// Four instances of two threads, each with a text of its own.
CellView MadeUpFour(const MadeUp& m, const char* placement, Interval over_own_k0) {
  CellView view = MadeUpCell(m);
  Cell& cell = view.record.cell;
  cell.placement = placement;
  cell.instances = 4;
  cell.baseline = false;
  view.record.cell_id = CellId(cell);
  view.label = CellLabel(cell);
  view.over_own_k0 = over_own_k0;
  for (int i = 0; i < 4; ++i) {
    const double tps = m.tps / 4 + 6 * (i - 1.5);
    view.numa.instances.push_back(
        {fmt::format("cpus {}-{}, node {}", 2 * i, 2 * i + 1, i), tps, 0.98 * tps, 1.02 * tps});
  }
  view.numa.jain = 0.999;
  view.numa.min_over_max = 0.96;
  view.numa.overlap = 0.99;
  return view;
}

Throughput MadeUpThroughput(const CellView& cell) {
  Throughput many{.choice = {.cell_id = cell.record.cell_id,
                             .speedup = cell.speed_ratio.median,
                             .speedup_lo = cell.speed_ratio.lo,
                             .speedup_hi = cell.speed_ratio.hi,
                             .quality_change = cell.quality.relative,
                             .quality_lo = cell.quality.lo,
                             .quality_hi = cell.quality.hi},
                  .texts = 4};
  many.choice.why = cell.label + " writes the most tokens/s with 4 texts at once.";
  many.choice.deploy_native =
      "taskset -c 0,1 moebench generate -m models/made-up-moe-demo.gguf --experts 4 & taskset -c "
      "2,3 moebench generate -m models/made-up-moe-demo.gguf --experts 4";
  return many;
}

CellView WithoutFigures(int k, const char* decoding, Status status, const char* text) {
  CellView view;
  Cell& cell = view.record.cell;
  cell.model_path = kModelPath;
  cell.model_sha256 = kModelHash;
  cell.k = k;
  cell.decoding = decoding;
  cell.placement = "interleave";
  cell.threads = 2;
  view.record.cell_id = CellId(cell);
  view.record.status = status;
  view.label = CellLabel(cell);
  view.model_name = "made-up-moe-demo.gguf";
  view.status = text;
  return view;
}

// k=4 with a draft model: faster than plain decoding by a fifth, and its texts are the same.
CellView MadeUpDraft(const CellView& plain) {
  CellView view = plain;
  Cell& cell = view.record.cell;
  cell.decoding = "draft";
  cell.guessing = {.draft_path = "models/made-up-draft.gguf",
                   .draft_sha256 = kModelHash,
                   .min_probability = 0.4};
  view.record.cell_id = CellId(cell);
  view.label = CellLabel(cell);
  view.verdict = "improved";
  view.reasons = {"decode +65.6 % [+63, +68]", "gains: +20 % [+18, +22] over plain at k=4"};
  view.decode_tps = {1014.0, 999.0, 1029.0, 6};
  view.speed_ratio = {1.656, 1.631, 1.681, 6};
  view.accept_rate = 0.72;
  SpeculationView s;
  s.steps = 400;
  s.drafted = 1000;
  s.accepted = 720;
  s.accepted_at = {0.86, 0.74, 0.56};
  s.tokens_per_step = 2.8;
  s.guesses_per_pass = 2.5;
  s.tokens_per_pass = 3.5;
  s.draft_share = 0.14;
  s.verify_share = 0.83;
  s.experts_per_pass = 9.7;
  s.experts_expected = 11.9;
  s.utility = "gains";
  s.over_plain = {1.2, 1.18, 1.22, 6};
  s.parity = {175, 174, "item add-017, token 9", 0.004};
  s.prediction = PredictionRecord{.cell_id = view.record.cell_id,
                                  .source = "its first trial",
                                  .acceptance = 0.8,
                                  .guesses = 3,
                                  .speedup = 1.24};
  s.kinds = {{"code edit", 2, 0.31, {1100, 1090, 1110, 6}, {1.31, 1.28, 1.34, 6}, 0.81},
             {"free writing", 2, 0.06, {930, 920, 940, 6}, {1.10, 1.07, 1.13, 6}, 0.61}};
  view.speculation = s;
  return view;
}

PassTableView MadeUpPasses() {
  PassTableView table{"k=4 interleave t=2", 4, {}};
  const double ratios[] = {1, 1.31, 1.58, 1.86};
  for (int tokens = 1; tokens <= 4; ++tokens) {
    const double ratio = ratios[tokens - 1];
    table.passes.push_back({.tokens = tokens,
                            .ratio = ratio,
                            .ms = 1.18 * ratio,
                            .lo_ms = 1.16 * ratio,
                            .hi_ms = 1.22 * ratio,
                            .n = 9,
                            .experts = 3.4 * tokens,
                            .experts_expected = 3.8 * tokens});
  }
  return table;
}

// Nine nights of two settings; the second became slower with the fifth.
std::vector<TrendView> MadeUpTrends(const ModelView& model) {
  std::vector<TrendView> trends;
  for (const size_t i : {size_t{0}, size_t{4}}) {
    const CellView& cell = model.cells[i];
    TrendView trend{cell.record.cell_id, cell.label, {}};
    for (int night = 0; night < 9; ++night) {
      const double wobble = 1 + 0.004 * ((night * 5) % 7 - 3);
      const double before = i == 4 && night < 4 ? 1.07 : 1;
      const double tps = cell.decode_tps.median * wobble * before;
      trend.nights.push_back({.sweep_id = night + 4,
                              .started = fmt::format("2026-11-{}T01:00:00Z", 14 + night),
                              .decode_tps = tps,
                              .lo = 0.99 * tps,
                              .hi = 1.01 * tps,
                              .processes = 2,
                              .promoted = night == 2,
                              .change_ratio = i == 4 && night == 4 ? 0.935 : 0});
    }
    trends.push_back(std::move(trend));
  }
  return trends;
}

// 6 layers of 32 experts, some of them favoured.
RouterLoadView MadeUpLoad() {
  RouterLoadView load{"made-up.routing", 32, 6, 512, {}};
  for (int layer = 0; layer < 6; ++layer) {
    for (int expert = 0; expert < 32; ++expert) {
      load.counts.push_back((expert * 7 + layer * 3) % 32 < 3 ? 900 : expert == layer ? 0 : 60);
    }
  }
  return load;
}

SessionRecord MadeUpSession(int index) {
  SessionRecord session;
  session.id = index + 1;
  session.index = index;
  session.started = "2026-11-22T01:00:05Z";
  session.placement = "interleave";
  session.threads = 2;
  session.isa = "avx512_vnni";
  session.engine_version = "made-up engine 0.1.0";
  session.load_s = 0.21;
  session.asked_json = R"({"policy":"interleave","thread_cpus":[0,2],"memory_nodes":[0,1]})";
  session.proof_json = R"({"pages_per_node":{"0":1021,"1":1019},"thread_cpus":[0,2]})";
  session.proof_after_json = session.proof_json;
  session.read_bandwidth_gbps = 18.5;
  session.cache_bandwidth_gbps = 61.0;
  return session;
}

ModelView MadeUpModel() {
  ModelView model;
  model.name = "made-up-moe-demo.gguf";
  model.record = {kModelHash, kModelPath,
                  R"({"architecture":"qwen3moe","n_experts":32,"k0":8,"quantisation":"Q8_0",
                      "chat_format":"chatml","thinking":"none"})"};
  model.aa_noise = 0.008;
  model.aa_text = "A/A control: 1.003 [0.992, 1.014], not flagged";
  const std::vector<MadeUp> cells = {
      {8, 0, 612.4, 1.00, 0.946, 0, 0, "ok", {}},
      {8, 1, 614.2, 1.003, 0.946, 0, 0, "ok", {}},
      {12, 0, 498.1, 0.813, 0.950, 0.004, 0.020, "flagged", {"decode -18.7 % [-20, -17]"}},
      {6, 0, 701.9, 1.146, 0.942, -0.004, 0.021, "improved", {"decode +14.6 % [+13, +16]"}},
      {4, 0, 845.0, 1.380, 0.926, -0.021, 0.029, "improved", {"decode +38.0 % [+36, +40]"}},
      {3, 0, 931.5, 1.521, 0.867, -0.084, 0.041, "inconclusive", {"quality -8.4 % [-12.5, -4.3]"}},
      {2, 0, 1035.2, 1.690, 0.654, -0.309, 0.062, "flagged", {"quality -30.9 % [-37, -25]"}},
      {1, 0, 1160.7, 1.895, 0.213, -0.775, 0.070, "flagged", {"quality -77.5 % [-85, -71]"}}};
  for (const MadeUp& m : cells) model.cells.push_back(MadeUpCell(m));
  model.cells[6].samples = {{"add-017", "What is 48 + 37?", "85", "75", "wrong"},
                            {"story-004", "Tell a story about a fox.", "The fox ran home.",
                             "The fox the fox the fox the fox the fox the fox", "loop"}};
  model.cells[7].samples = {{"ko-003", "하나, 둘, 다음은?", "셋", "", "empty"}};
  model.cells.push_back(
      WithoutFigures(2, "draft", Status::kSkipped, "skipped(guard: no draft model was given)"));
  model.cells.push_back(WithoutFigures(4, "lookup", Status::kFailed,
                                       "failed(worker ended by signal 9 after 3 trials)"));
  model.cells.push_back(
      WithoutFigures(2, "lookup", Status::kInvalid,
                     "invalid(not_obeyed: asked for pages on nodes 0 and 1, got 100 % on node 0)"));
  model.cells.push_back(MadeUpDraft(model.cells[4]));
  model.cells.push_back(MadeUpFour({8,
                                    0,
                                    2290.6,
                                    3.74,
                                    0.946,
                                    0,
                                    0,
                                    "improved",
                                    {"4 texts at once: decode +274.0 % [+268, +280]",
                                     "each text x0.92 to x0.95 of the baseline's speed"}},
                                   "replicate", {}));
  model.cells.push_back(MadeUpFour({4,
                                    0,
                                    2863.3,
                                    4.675,
                                    0.926,
                                    -0.021,
                                    0.029,
                                    "improved",
                                    {"4 texts at once: decode +367.5 % [+360, +375]",
                                     "each text x1.15 to x1.18 of the baseline's speed",
                                     "beside k=8 plain with as many at once +25 % [+23, +27]"}},
                                   "replicate", {1.25, 1.23, 1.27, 6}));
  model.throughput = MadeUpThroughput(model.cells.back());
  model.passes = {MadeUpPasses()};
  model.trends = MadeUpTrends(model);
  model.other_nights = 2;
  model.router = MadeUpLoad();
  Recommendation& r = model.recommendation;
  model.safe_k = 4;
  model.safe_k_text = "k=4: quality -2 % [-5, +1], 240 items; perplexity +3 % [+3, +3]; judge -1 %";
  r.cell_id = model.cells[4].record.cell_id;
  r.speedup = 1.38, r.speedup_lo = 1.359, r.speedup_hi = 1.401;
  r.quality_change = -0.021, r.quality_lo = -0.050, r.quality_hi = 0.008;
  r.why = "Fastest setting whose quality is not shown to fall more than 10 % below the baseline.";
  r.deploy_native = "moebench generate -m models/made-up-moe-demo.gguf --experts 4 --threads 2";
  r.deploy_llamacpp =
      "llama-server -m models/made-up-moe-demo.gguf -t 2 --override-kv "
      "qwen3moe.expert_used_count=int:4";
  r.deploy_llama_cli =
      "llama-cli -m models/made-up-moe-demo.gguf -t 2 --override-kv "
      "qwen3moe.expert_used_count=int:4 -p 'your prompt'";
  return model;
}

}  // namespace

SweepView SampleView() {
  SweepView view;
  view.sweep.id = 12;
  view.sweep.started = "2026-11-22T01:00:00Z";
  view.sweep.finished = "2026-11-22T01:14:31Z";
  view.sweep.version = "0.1.0 (made-up)";
  view.sweep.config_json = R"({"experts":[12,8,6,4,3,2,1],"trials":3,"processes":2})";
  view.sweep.config_hash = "5ca1ab1e5ca1ab1e";
  view.sweep.machine_json =
      R"({"cpu":{"model":"Made-up CPU 9000","cores":2},"kernel":"6.1.0","numa":{"nodes":2},)"
      R"("governor":"performance","numa_balancing":"off"})";
  view.sweep.machine_hash = "0ddba11e0ddba11e";
  view.sweep.seed = 1;
  view.prompts = {{"s1", "code edit", 0.31}, {"s2", "free writing", 0.06}};
  view.judge = {.judge = "anthropic:made-up-judge",
                .trusted = true,
                .why = "passes its 55 control answers: injections gain 0.10 points",
                .requests = 1115,
                .usd = 2.4};
  view.models.push_back(MadeUpModel());
  view.sessions = {MadeUpSession(0), MadeUpSession(1)};
  view.changes = {.sweep_id = 11,
                  .started = "2026-11-21T01:00:00Z",
                  .same_machine = true,
                  .facts = {{"moebench", "0.0.9 (made-up)", "0.1.0 (made-up)"}}};
  view.flagged = 3;
  view.improved = 5;
  view.inconclusive = 1;
  view.failed = view.skipped = view.invalid = 1;
  return view;
}

SweepView LargeSampleView(int cell_count) {
  SweepView view = SampleView();
  std::vector<CellView>& cells = view.models[0].cells;
  while (static_cast<int>(cells.size()) < cell_count) {
    CellView copy = cells[3 + cells.size() % 5];  // k = 6 ... 1
    copy.record.cell.threads = 3 + static_cast<int>(cells.size());
    copy.record.cell_id = CellId(copy.record.cell);
    copy.label = CellLabel(copy.record.cell);
    copy.samples = cells[6].samples;
    cells.push_back(copy);
  }
  return view;
}

SweepView WithEveryTextReplaced(SweepView view, const std::string& text) {
  SweepRecord& s = view.sweep;
  s.started = s.finished = s.version = s.config_json = s.config_hash = s.machine_json =
      s.machine_hash = text;
  for (SessionRecord& session : view.sessions) {
    session.started = session.placement = session.isa = session.engine_version =
        session.asked_json = session.proof_json = session.proof_after_json = text;
  }
  view.changes.started = text;
  for (ChangedFact& fact : view.changes.facts) fact.name = fact.before = fact.now = text;
  for (SpeedPromptRecord& prompt : view.prompts) prompt.prompt_id = prompt.kind = text;
  view.judge.judge = view.judge.why = view.judge.stopped = text;
  for (ModelView& model : view.models) {
    model.safe_k_text = text;
    for (PassTableView& table : model.passes) table.label = text;
    for (TrendView& trend : model.trends) {
      trend.cell_id = trend.label = text;
      for (TrendPoint& point : trend.nights) point.started = text;
    }
    if (model.router) model.router->source = text;
    model.name = model.aa_text = text;
    model.record = {text, text, text};
    Recommendation& r = model.recommendation;
    r.why = r.deploy_native = r.deploy_llamacpp = r.deploy_llama_cli = text;
    Recommendation& many = model.throughput.choice;
    many.why = many.deploy_native = many.deploy_llamacpp = many.deploy_llama_cli = text;
    for (CellView& cell : model.cells) {
      Cell& c = cell.record.cell;
      c.model_path = c.model_sha256 = c.runner = c.decoding = c.placement = text;
      c.guessing.draft_path = c.guessing.draft_sha256 = c.guessing.recurrent = text;
      if (cell.speculation) {
        SpeculationView& speculation = *cell.speculation;
        speculation.utility = speculation.parity.worst = text;
        if (speculation.prediction) speculation.prediction->source = text;
        for (KindView& kind : speculation.kinds) kind.kind = text;
        for (std::string& warning : speculation.warnings) warning = text;
      }
      cell.record.reason = cell.label = cell.model_name = cell.status = cell.verdict = cell.bound =
          text;
      cell.quality.verdict = cell.divergence.verdict = cell.judge.verdict = cell.disagreement =
          text;
      for (InstanceView& instance : cell.numa.instances) instance.where = text;
      for (std::string& reason : cell.reasons) reason = text;
      for (CategoryScore& category : cell.categories) category.category = text;
      for (SignCount& sign : cell.signs) sign.sign = text;
      for (SampleAnswer& a : cell.samples) {
        a.item_id = a.prompt = a.baseline_answer = a.answer = a.outcome = text;
      }
    }
  }
  return view;
}

}  // namespace moebench::testing
