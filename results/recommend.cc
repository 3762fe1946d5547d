#include "results/recommend.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/stats/verdict.h"
#include "results/deploy_lines.h"

namespace moebench {
namespace {

// What a night with too much going on beside it still tells; empty if every setting was measured
// undisturbed often enough.
std::string UnstableInWords(const std::vector<Candidate>& candidates, const CellView& baseline) {
  size_t unstable = 0;
  const Candidate* fastest = nullptr;
  for (const Candidate& c : candidates) {
    const bool doubtful = !c.view->stable || !baseline.stable;
    unstable += c.view->stable ? 0 : 1;
    if (c.view == &baseline || !doubtful || !c.quality_ok || c.view->speed_ratio.n == 0) continue;
    if (!fastest || c.view->speed_ratio.median > fastest->view->speed_ratio.median) fastest = &c;
  }
  if (unstable == 0) return "";
  std::string text = fmt::format(
      " {} of {} settings{} were disturbed by other work in too many trials: nothing is claimed of"
      " their speed.",
      unstable, candidates.size(), baseline.stable ? "" : ", the baseline among them,");
  if (fastest && fastest->view->speed_ratio.median > 1) {
    text += fmt::format(" For orientation, from all trials: {} about {:.1f} times the baseline.",
                        fastest->view->label, fastest->view->speed_ratio.median);
  }
  return text + " A quiet machine, or a larger --max-sessions, settles it.";
}

// Why nothing beats the baseline, from what stood in the way of the fastest that seemed to.
std::string WhyBaseline(const std::vector<Candidate>& candidates, const CellView& baseline,
                        double noise) {
  const Candidate* fastest = nullptr;
  for (const Candidate& c : candidates) {
    if (c.view == &baseline || c.view->speed_ratio.n < 2 || c.view->speed_ratio.lo <= 1) continue;
    if (!c.view->stable) continue;
    if (!fastest || c.view->decode_tps.median > fastest->view->decode_tps.median) fastest = &c;
  }
  if (!fastest) return "No other setting is faster than the baseline beyond its interval.";
  const CellView& view = *fastest->view;
  const std::string speed = fmt::format(
      "{} decodes {}", view.label,
      PercentText(view.speed_ratio.median - 1, view.speed_ratio.lo - 1, view.speed_ratio.hi - 1));
  if (view.speed_ratio.median <= noise) {
    return fmt::format(
        "{}, but the baseline itself, measured again, may be {:.0f} % ahead of itself: nothing "
        "within that is claimed. A quiet machine settles it.",
        speed, 100 * (noise - 1));
  }
  if (!fastest->speed_ok) {
    return fmt::format("{}, but that is {}: {}.", speed, view.verdict,
                       view.reasons.empty() ? "not certain enough" : view.reasons.front());
  }
  if (view.quality.n == 0) {
    return fmt::format(
        "{}, but its quality was not measured: a setting that changes the answers "
        "is never recommended on speed alone.",
        speed);
  }
  return fmt::format("{}, but quality {} on {} item{} is not shown to hold.", speed,
                     PercentText(view.quality.relative, view.quality.lo, view.quality.hi),
                     view.quality.n, view.quality.n == 1 ? "" : "s");
}

}  // namespace

std::string QualityInWords(const Candidate& choice) {
  const QualityView& q = choice.view->quality;
  if (q.n == 0) return "quality was not measured, but its expert count is the model's own";
  return fmt::format("quality {} on {} item{}", PercentText(q.relative, q.lo, q.hi), q.n,
                     q.n == 1 ? "" : "s");
}

Recommendation Recommend(const std::vector<Candidate>& candidates, const CellView* baseline,
                         const ModelRecord& model, double noise) {
  Recommendation result;
  if (!baseline || baseline->decode_tps.n == 0) {
    result.why = "The baseline has no usable figures, so nothing can be compared.";
    return result;
  }
  if (baseline->record.cell.instances > 1) {
    result.why = fmt::format(
        "The baseline writes {} texts at once, so which setting is fastest for one text is not "
        "known: sweep with --instances 1, too.",
        baseline->record.cell.instances);
    return result;
  }
  const Candidate* best = nullptr;
  const Candidate* base = nullptr;
  for (const Candidate& c : candidates) {
    if (c.view == baseline) base = &c;
    const bool quality_holds = c.quality_ok || (!c.lossy && c.view->quality.n == 0);
    if (c.view == baseline || !c.speed_ok || !quality_holds) continue;
    if (c.view->speed_ratio.n < 2 || c.view->speed_ratio.lo <= 1) continue;
    if (c.view->speed_ratio.median <= noise) continue;
    if (!best || c.view->decode_tps.median > best->view->decode_tps.median) best = &c;
  }
  const Candidate fallback{.view = baseline};
  const Candidate& choice = best ? *best : base ? *base : fallback;
  const CellView& view = *choice.view;
  result.cell_id = view.record.cell_id;
  const bool is_k0 = view.record.cell.k == baseline->record.cell.k;
  FillDeployLines(view.record.cell, choice.places, is_k0, model, result);
  if (!best) {
    result.why =
        baseline->stable
            ? WhyBaseline(candidates, *baseline, noise)
            : "The baseline itself is recommended because nothing could be held against it.";
    result.why += UnstableInWords(candidates, *baseline);
    return result;
  }
  result.speedup = view.speed_ratio.median;
  result.speedup_lo = view.speed_ratio.lo;
  result.speedup_hi = view.speed_ratio.hi;
  result.quality_change = view.quality.relative;
  result.quality_lo = view.quality.lo;
  result.quality_hi = view.quality.hi;
  result.why = fmt::format(
      "{} is the fastest setting whose quality holds: decode {} over {} trials in {} sessions, {}.",
      view.label, PercentText(result.speedup - 1, result.speedup_lo - 1, result.speedup_hi - 1),
      view.speed_ratio.n, view.sessions, QualityInWords(choice));
  result.why += UnstableInWords(candidates, *baseline);
  return result;
}

}  // namespace moebench
