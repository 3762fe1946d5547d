#include "results/throughput.h"

#include <fmt/format.h>

#include "harness/stats/verdict.h"
#include "results/deploy_lines.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

std::string ChangeOf(const Interval& ratio) {
  return PercentText(ratio.median - 1, ratio.lo - 1, ratio.hi - 1);
}

bool QualityHolds(const Candidate& c) {
  return c.quality_ok || (!c.lossy && c.view->quality.n == 0);
}

bool GainsBesidesInstances(const Candidate& c) {
  const Interval& over = c.view->over_own_k0;
  return !c.lossy || over.n == 0 || (over.n > 1 && over.lo > 1);
}

bool BeatsBaseline(const CellView& view, double noise) {
  const Interval& ratio = view.speed_ratio;
  return view.stable && ratio.n > 1 && ratio.lo > 1 && ratio.median > noise;
}

const Candidate* Faster(const Candidate* a, const Candidate& b) {
  return !a || b.view->decode_tps.median > a->view->decode_tps.median ? &b : a;
}

// Why none was chosen, from what stood in the way of the one that wrote the most.
std::string WhyNone(const std::vector<Candidate>& candidates, double noise) {
  const Candidate* most = nullptr;
  for (const Candidate& c : candidates) {
    if (c.view->decode_tps.n > 0) most = Faster(most, c);
  }
  if (!most) return "No setting of several instances has usable figures.";
  const CellView& view = *most->view;
  const std::string together = fmt::format("{}, {} texts at once: decode {} together", view.label,
                                           view.record.cell.instances, ChangeOf(view.speed_ratio));
  if (!view.stable) {
    return fmt::format("{}; too many trials were disturbed: nothing is claimed.", together);
  }
  if (!BeatsBaseline(view, noise)) {
    return fmt::format(
        "No setting of several instances is shown to write more than the baseline "
        "with one text after the other. The most had {}.",
        together);
  }
  if (view.quality.n == 0) return together + ", but its quality was not measured.";
  if (!QualityHolds(*most)) {
    return fmt::format("{}, but {} is not shown to hold.", together, QualityInWords(*most));
  }
  if (!GainsBesidesInstances(*most)) {
    return fmt::format("{}, but beside the model's own expert count with as many at once only {}.",
                       together, ChangeOf(view.over_own_k0));
  }
  return together + ", which is not certain enough.";
}

std::string Why(const Candidate& choice, const CellView* baseline, const CellView* alone) {
  const CellView& view = *choice.view;
  const int texts = view.record.cell.instances;
  std::string why =
      fmt::format("{} writes the most tokens/s with {} texts at once: ", view.label, texts);
  if (&view == baseline) {
    why += "it is the baseline.";
  } else {
    why += fmt::format("decode {} together over {} trials in {} sessions, {}.",
                       ChangeOf(view.speed_ratio), view.speed_ratio.n, view.sessions,
                       QualityInWords(choice));
  }
  const std::string own = OwnSpeedInWords(view, baseline);
  if (!own.empty()) why += fmt::format(" Each text: {}.", own);
  if (view.over_own_k0.n > 1) {
    why += fmt::format(" Beside the model's own expert count, plain, with as many at once: {}.",
                       ChangeOf(view.over_own_k0));
  }
  if (alone && alone->decode_tps.n > 1 && view.decode_tps.lo <= alone->decode_tps.hi) {
    why += fmt::format(" It is not shown to be more than {} writes with one text after the other.",
                       alone->label);
  }
  return why;
}

}  // namespace

Throughput MostTokens(const std::vector<Candidate>& candidates, const CellView* baseline,
                      const CellView* alone, const ModelRecord& model, double noise) {
  Throughput result;
  if (!baseline || baseline->decode_tps.n == 0) {
    result.choice.why = "The baseline has no usable figures, so nothing can be compared.";
    return result;
  }
  const Candidate* best = nullptr;
  for (const Candidate& c : candidates) {
    const bool more = c.view == baseline || (c.speed_ok && BeatsBaseline(*c.view, noise));
    if (more && QualityHolds(c) && GainsBesidesInstances(c)) best = Faster(best, c);
  }
  if (!best) {
    result.choice.why = WhyNone(candidates, noise);
    return result;
  }
  const CellView& view = *best->view;
  if (alone && alone->decode_tps.median >= view.decode_tps.median) {
    result.choice.why = fmt::format(
        "{} writes more with one text after the other than any setting of several instances.",
        alone->label);
    return result;
  }
  result.texts = view.record.cell.instances;
  result.choice.cell_id = view.record.cell_id;
  if (&view != baseline) {
    result.choice.speedup = view.speed_ratio.median;
    result.choice.speedup_lo = view.speed_ratio.lo;
    result.choice.speedup_hi = view.speed_ratio.hi;
    result.choice.quality_change = view.quality.relative;
    result.choice.quality_lo = view.quality.lo;
    result.choice.quality_hi = view.quality.hi;
  }
  result.choice.why = Why(*best, baseline, alone);
  const bool is_k0 = view.record.cell.k == baseline->record.cell.k;
  FillDeployLines(view.record.cell, best->places, is_k0, model, result.choice);
  return result;
}

}  // namespace moebench
