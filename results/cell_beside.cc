#include "results/cell_beside.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/base/hash.h"
#include "harness/stats/divergence.h"
#include "harness/stats/quality.h"

namespace moebench {
namespace {

constexpr double kBestScore = 3;

// Rubric scores by item; only replies that could be read.
std::map<std::string, double> Scores(const CellData& cell) {
  std::map<std::string, double> scores;
  for (const JudgmentRecord* j : cell.judgments) {
    if (j->kind == "rubric" && j->outcome == "ok") scores.emplace(j->item_id, j->score);
  }
  return scores;
}

std::map<std::string, const std::string*> Texts(const CellData& cell) {
  std::map<std::string, const std::string*> texts;
  for (const AnswerRecord* answer : cell.answers) texts.emplace(answer->item_id, &answer->answer);
  return texts;
}

// Both orders must say the same, else it is a tie; so it is between equal texts, which are not
// asked about.
void CountPairs(const CellData& cell, const CellData& baseline, JudgeView& view) {
  std::map<std::string, std::vector<int>> orders;
  for (const JudgmentRecord* j : cell.judgments) {
    if (j->kind == "pair" && j->outcome == "ok") orders[j->item_id].push_back(j->score);
  }
  for (const auto& [item, scores] : orders) {
    if (scores.size() < 2) continue;
    const bool won = std::count(scores.begin(), scores.end(), 1) == 2;
    const bool lost = std::count(scores.begin(), scores.end(), -1) == 2;
    view.won += won ? 1 : 0;
    view.lost += lost ? 1 : 0;
    view.tied += won || lost ? 0 : 1;
  }
  const auto of_base = Texts(baseline), of_cell = Texts(cell);
  for (const auto& [item, score] : Scores(cell)) {
    const auto base = of_base.find(item), mine = of_cell.find(item);
    if (base == of_base.end() || mine == of_cell.end()) continue;
    view.tied += *base->second == *mine->second ? 1 : 0;
  }
}

// "graders ok, divergence flagged", of those that have something to say.
std::string Disagreement(const std::vector<std::pair<const char*, VerdictKind>>& voices) {
  bool flagged = false, ok = false;
  std::string text;
  for (const auto& [name, kind] : voices) {
    flagged = flagged || kind == VerdictKind::kFlagged;
    ok = ok || kind == VerdictKind::kOk || kind == VerdictKind::kImproved;
    text += (text.empty() ? "" : ", ") + fmt::format("{} {}", name, VerdictWord(kind));
  }
  return flagged && ok ? text : "";
}

void Append(const std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// What speaks for a cell's quality, for people.
std::string Evidence(const CellView& view) {
  std::vector<std::string> parts;
  if (view.quality.n > 0) {
    parts.push_back(
        fmt::format("quality {}, {} item{}",
                    PercentText(view.quality.relative, view.quality.lo, view.quality.hi),
                    view.quality.n, view.quality.n == 1 ? "" : "s"));
  }
  const DivergenceView& d = view.divergence;
  if (d.tokens > 0) {
    parts.push_back(fmt::format("perplexity {}", PercentText(d.ratio - 1, d.lo - 1, d.hi - 1)));
  }
  const JudgeView& j = view.judge;
  if (!j.verdict.empty()) {
    parts.push_back(fmt::format("judge {}", PercentText(j.relative, j.lo, j.hi)));
  }
  if (!view.disagreement.empty()) parts.push_back("not all agree: " + view.disagreement);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

JudgeOfSweep AddBeside(const SweepRows& rows, std::map<std::string, CellData>& data) {
  for (const DivergenceRecord& d : rows.divergences) data[d.cell_id].divergence = &d;
  if (rows.judge_runs.empty()) return {};
  const JudgeRunRecord& last = rows.judge_runs.back();
  JudgeOfSweep judge{.judge = last.judge,
                     .trusted = last.trusted,
                     .why = last.trust_text,
                     .stopped = last.stopped};
  for (const JudgeRunRecord& run : rows.judge_runs) {
    if (run.judge != last.judge || run.prompt_hash != last.prompt_hash) continue;
    judge.requests += run.requests;
    judge.usd += run.usd;
  }
  for (const JudgmentRecord& j : rows.judgments) {
    if (j.judge != last.judge || j.prompt_hash != last.prompt_hash || j.cell_id.empty()) continue;
    data[j.cell_id].judgments.push_back(&j);
  }
  return judge;
}

Verdict FillDivergence(const CellData& cell, CellView& view) {
  if (cell.divergence == nullptr) return {VerdictKind::kInconclusive, {}};
  const DivergenceRecord& record = *cell.divergence;
  const Divergence d = DivergenceOf({record.base_log_p, record.log_p, record.kl, record.same_top},
                                    std::max(1, record.per_window));
  Verdict verdict = DivergenceVerdict(d);
  view.divergence = {.tokens = d.tokens,
                     .windows = d.windows,
                     .base_k = record.base_k,
                     .perplexity = PerplexityOf(record.log_p).value,
                     .base_perplexity = PerplexityOf(record.base_log_p).value,
                     .ratio = d.ratio,
                     .lo = d.ratio_lo,
                     .hi = d.ratio_hi,
                     .kl_mean = d.kl_mean,
                     .kl_se = d.kl_se,
                     .kl_p99 = d.kl_p99,
                     .same_top = d.same_top,
                     .verdict = d.tokens > 0 ? VerdictWord(verdict.kind) : ""};
  return verdict;
}

Verdict FillJudge(const CellData& cell, const CellData* baseline, const JudgeOfSweep& judge,
                  double flag_below, CellView& view) {
  const auto of_cell = Scores(cell),
             of_base = baseline ? Scores(*baseline) : std::map<std::string, double>();
  std::vector<double> base_scores, cell_scores;
  double sum = 0;
  for (const auto& [item, score] : of_cell) {
    sum += score;
    const auto base = of_base.find(item);
    if (base == of_base.end()) continue;
    base_scores.push_back(base->second / kBestScore);
    cell_scores.push_back(score / kBestScore);
  }
  view.judge.n = static_cast<int>(of_cell.size());
  view.judge.invalid =
      static_cast<int>(std::count_if(cell.judgments.begin(), cell.judgments.end(),
                                     [](const JudgmentRecord* j) { return j->outcome != "ok"; }));
  if (view.judge.n == 0) return {VerdictKind::kInconclusive, {}};
  view.judge.score = sum / view.judge.n;
  if (baseline == nullptr || &cell == baseline) return {VerdictKind::kOk, {}};
  const QualityChange change = PairedChange(base_scores, cell_scores, Fnv1a64(view.record.cell_id));
  view.judge.relative = change.relative;
  view.judge.lo = change.lo;
  view.judge.hi = change.hi;
  CountPairs(cell, *baseline, view.judge);
  if (!judge.trusted) return {VerdictKind::kInconclusive, {}};
  Verdict verdict = QualityVerdict(change, flag_below);
  view.judge.verdict = VerdictWord(verdict.kind);
  for (std::string& reason : verdict.reasons) reason = "judge: " + reason;
  const JudgeView& j = view.judge;
  verdict.reasons.push_back(fmt::format("judge: {} better, {} equal, {} worse than the baseline's",
                                        j.won, j.tied, j.lost));
  return verdict;
}

Verdict WeighQuality(const Verdict& graders, int graders_n, const Verdict& divergence,
                     const Verdict& judge, CellView& view) {
  std::vector<std::pair<const char*, VerdictKind>> voices;
  if (graders_n > 0) {
    voices.emplace_back("graders", graders.kind);
    view.quality.verdict = VerdictWord(graders.kind);
  }
  if (!divergence.reasons.empty()) voices.emplace_back("divergence", divergence.kind);
  if (!judge.reasons.empty()) voices.emplace_back("judge", judge.kind);
  view.disagreement = Disagreement(voices);
  Verdict quality = graders;
  const bool judged = !judge.reasons.empty() && judge.kind != VerdictKind::kInconclusive;
  if (judged &&
      (judge.kind == VerdictKind::kFlagged || quality.kind == VerdictKind::kInconclusive)) {
    quality.kind = judge.kind;
  }
  // Without a judge that may be believed, divergence tells what the graders can't.
  if (!judged && quality.kind == VerdictKind::kInconclusive && !divergence.reasons.empty()) {
    quality.kind = divergence.kind;
    if (graders_n == 0) quality.reasons.clear();
  }
  Append(judge.reasons, quality.reasons);
  Append(divergence.reasons, quality.reasons);
  if (!view.disagreement.empty()) quality.reasons.push_back("they disagree: " + view.disagreement);
  return quality;
}

void AdviseExperts(const std::map<std::string, VerdictKind>& verdicts, ModelView& model) {
  const auto base = std::find_if(model.cells.begin(), model.cells.end(), [](const CellView& view) {
    return view.record.cell.baseline && view.record.cell.control == 0;
  });
  if (base == model.cells.end() || base->record.cell.k == 0) return;
  const int k0 = base->record.cell.k;
  std::map<int, bool> safe;  // by k
  std::map<int, const CellView*> evidence;
  for (const CellView& view : model.cells) {
    const auto verdict = verdicts.find(view.record.cell_id);
    const int k = view.record.cell.k;
    if (verdict == verdicts.end() || k >= k0 || view.record.cell.control > 0) continue;
    const bool good =
        verdict->second == VerdictKind::kOk || verdict->second == VerdictKind::kImproved;
    safe[k] = good && (!safe.contains(k) || safe[k]);
    evidence.emplace(k, &view);
  }
  if (safe.empty()) return;
  // Counts are tried downwards; below the first that is not safe none counts.
  model.safe_k = k0;
  for (auto at = safe.rbegin(); at != safe.rend() && at->second; ++at) model.safe_k = at->first;
  model.safe_k_text =
      model.safe_k == k0
          ? fmt::format("k={}, the model's own: no smaller one is known to be safe", k0)
          : fmt::format("k={}: {}", model.safe_k, Evidence(*evidence.at(model.safe_k)));
  for (CellView& view : model.cells) {
    const auto verdict = verdicts.find(view.record.cell_id);
    const bool fell = verdict != verdicts.end() && verdict->second == VerdictKind::kFlagged;
    if (!fell || view.record.cell.k >= k0) continue;
    view.reasons.push_back(fmt::format(
        "raise the expert count: k={} is the smallest that is still safe", model.safe_k));
  }
}

}  // namespace moebench
