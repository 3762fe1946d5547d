#include "results/quality_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_judge.h"

namespace moebench {
namespace {

bool IsBaseline(const CellView& cell) {
  return cell.record.cell.baseline && cell.record.cell.control == 0;
}

std::vector<const CellView*> Those(const ModelView& model, bool (*wanted)(const CellView&)) {
  std::vector<const CellView*> cells;
  for (const CellView& cell : model.cells) {
    if (wanted(cell)) cells.push_back(&cell);
  }
  return cells;
}

bool WasGraded(const CellView& cell) { return cell.quality.n > 0; }
bool HasDivergence(const CellView& cell) { return cell.divergence.tokens > 0; }
bool WasJudged(const CellView& cell) { return cell.judge.n > 0; }

std::string CountOrNone(int count) { return count == 0 ? "none" : std::to_string(count); }

TableEntry GradersEntry(const CellView* baseline, const CellView& cell) {
  if (!WasGraded(cell)) return {kNotMeasured, "", false};
  if (IsBaseline(cell)) return {Percent(cell.quality.score), "baseline", false};
  return {ScoreAgainst(baseline, cell), cell.quality.verdict, false};
}

TableEntry DivergenceEntry(const CellView& cell) {
  const DivergenceView& d = cell.divergence;
  if (!HasDivergence(cell)) return {kNotMeasured, "", false};
  if (IsBaseline(cell)) return {fmt::format("perplexity {}", Figure(d.perplexity)), "baseline"};
  return {"perplexity " + Change(d.ratio - 1, d.lo - 1, d.hi - 1), d.verdict, false};
}

TableEntry JudgeEntry(const CellView& cell) {
  const JudgeView& j = cell.judge;
  if (!WasJudged(cell)) return {kNotMeasured, "", false};
  if (IsBaseline(cell)) return {fmt::format("{:.2f} of 3", j.score), "baseline", false};
  return {Change(j.relative, j.lo, j.hi), j.verdict.empty() ? "not believed" : j.verdict, false};
}

TextTable SideBySide(const ModelView& model) {
  TextTable table;
  const bool any = !Those(model, HasDivergence).empty() || !Those(model, WasJudged).empty();
  if (!any) return table;
  table.head = {"setting", "graders", "divergence", "judge", "do they agree?"};
  for (const CellView& cell : model.cells) {
    if (!WasGraded(cell) && !HasDivergence(cell) && !WasJudged(cell)) continue;
    const std::string agreement = IsBaseline(cell)            ? ""
                                  : cell.disagreement.empty() ? "nothing contradicts"
                                                              : "no: " + cell.disagreement;
    table.rows.push_back({cell.label,
                          {GradersEntry(BaselineOf(model), cell), DivergenceEntry(cell),
                           JudgeEntry(cell), TableEntry{agreement, "", false}}});
  }
  return table;
}

TextTable DivergenceTable(const ModelView& model) {
  TextTable table;
  table.head = {"setting",  "perplexity",   "ratio", "KL, mean", "KL, 99th percentile",
                "same top", "scored tokens"};
  for (const CellView* cell : Those(model, HasDivergence)) {
    const DivergenceView& d = cell->divergence;
    table.rows.push_back(
        {cell->label,
         {{Figure(d.perplexity), fmt::format("k={}: {}", d.base_k, Figure(d.base_perplexity))},
          {fmt::format("{:.4f} [{:.4f}, {:.4f}]", d.ratio, d.lo, d.hi), d.verdict},
          {fmt::format("{:.4f} ± {:.4f}", d.kl_mean, d.kl_se), ""},
          {fmt::format("{:.4f}", d.kl_p99), ""},
          {Percent(d.same_top), ""},
          {fmt::format("{} in {} windows", d.tokens, d.windows), ""}}});
  }
  return table;
}

TextTable JudgeTable(const ModelView& model) {
  TextTable table;
  table.head = {"setting", "score, 0 to 3", "change", "better, equal, worse", "unreadable replies"};
  for (const CellView* cell : Those(model, WasJudged)) {
    const JudgeView& j = cell->judge;
    const bool baseline = IsBaseline(*cell);
    table.rows.push_back({cell->label,
                          {{fmt::format("{:.2f}, n={}", j.score, j.n), ""},
                           {baseline ? "baseline" : Change(j.relative, j.lo, j.hi),
                            baseline            ? ""
                            : j.verdict.empty() ? "not believed"
                                                : j.verdict},
                           {baseline ? "" : fmt::format("{}, {}, {}", j.won, j.tied, j.lost), ""},
                           {CountOrNone(j.invalid), ""}}});
  }
  return table;
}

}  // namespace

std::vector<ReportSection> QualitySections(const ModelView& model, const JudgeOfSweep& judge) {
  return {{.title = "Quality, from every side",
           .caption =
               "Change against the baseline with its 95 % interval, and what may be said. Judge: " +
               JudgeInWords(judge) + ".",
           .table = SideBySide(model)},
          {.title = "How far from the model's own predictions",
           .caption =
               "The same text's tokens, predicted by each setting and by the model's own expert "
               "count in "
               "the same process: perplexity, its ratio with the 95 % interval, Kullback-Leibler "
               "divergence in nat, how often the most probable token is the same. A ratio below "
               "1.02 is "
               "ok, above 1.10 flagged, between them answers must tell.",
           .table = DivergenceTable(model)},
          {.title = "What the judge says",
           .caption = "Mean grade of the answers, and each answer beside the baseline's to the "
                      "same question in "
                      "both orders; a contradiction counts as equal, and so do equal texts.",
           .table = JudgeTable(model)}};
}

}  // namespace moebench
