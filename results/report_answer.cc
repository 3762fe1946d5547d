#include "results/report_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/report_figures.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

// What may be said of a quality interval: a loss that is not shown is not a loss that is excluded
// (easy items hide what fewer experts cost: arXiv:2511.02237, tables 1 and 2).
std::string PriceMeaning(const QualityView& q, double flag_below) {
  const double limit = 1 - flag_below;
  std::string text = q.hi < 0   ? "Lower than the baseline."
                     : q.lo > 0 ? "Higher than the baseline."
                                : "No difference shown.";
  if (q.lo < -limit) {
    text += fmt::format(" {} cannot exclude a loss above {:.0f} %.", Counted(q.n, "item", "items"),
                        100 * limit);
  } else if (q.lo < 0) {
    text += fmt::format(" A loss of up to {} is not excluded.", Percent(-q.lo));
  }
  return text + " Holds for these items only.";
}

// The A/A control that differs most from the baseline it copies; nullptr if none has figures.
const CellView* LoudestControl(const ModelView& model) {
  const CellView* loudest = nullptr;
  const auto deviation = [](const CellView& c) { return std::abs(c.speed_ratio.median - 1); };
  for (const CellView& cell : model.cells) {
    if (cell.record.cell.control == 0 || cell.speed_ratio.n == 0) continue;
    if (loudest == nullptr || deviation(cell) > deviation(*loudest)) loudest = &cell;
  }
  return loudest;
}

std::string NoiseInWords(const CellView* control) {
  if (control == nullptr) return kNotMeasured;
  const Interval& r = control->speed_ratio;
  return r.n < 2 ? SignedPercent(r.median - 1) : Change(r.median - 1, r.lo - 1, r.hi - 1);
}

// Do two runs of one setting agree closely enough to see what would be flagged?
bool IsQuiet(const CellView& control, double flag_below) {
  const Interval& r = control.speed_ratio;
  const double limit = 1 - flag_below;
  return r.n >= 2 && r.lo >= 1 - limit && r.hi <= 1 + limit;
}

std::string QuietInWords(const ModelView& model, const CellView* control, double flag_below) {
  std::string text;
  if (control == nullptr) {
    text = "No A/A control ran: the noise of this night was not measured.";
  } else {
    text = fmt::format("{} to see a change of {:.0f} %: the baseline measured again.",
                       IsQuiet(*control, flag_below) ? "Quiet enough" : "Too noisy",
                       100 * (1 - flag_below));
  }
  int trials = 0, unstable = 0;
  for (const CellView& cell : model.cells) {
    trials += cell.trials;
    unstable += cell.unstable_trials;
  }
  if (unstable > 0) {
    text += fmt::format(" {} of {} were disturbed by something else and count for nothing.",
                        unstable, Counted(trials, "trial", "trials"));
  }
  return text;
}

int NightsBehind(const ModelView& model) {
  int nights = 0;
  for (const CellView& cell : model.cells) nights = std::max(nights, cell.history.nights);
  return nights;
}

std::string NightsBeforeInWords(const ModelView& model, const SweepView& view) {
  const NightChanges& changes = view.changes;
  if (changes.sweep_id == 0) return "No sweep of this model came before.";
  std::string text;
  if (!changes.same_machine) {
    text = fmt::format("The machine's state is another than in sweep {}", changes.sweep_id);
  } else if (!changes.same_workload) {
    text = fmt::format("Sweep {} had another suite or other token counts", changes.sweep_id);
  }
  if (!text.empty()) text += ": see what changed. ";
  const int nights = NightsBehind(model);
  if (nights > 0)
    return text + "Held against " + Counted(nights, "earlier night.", "earlier nights.");
  return text + "No earlier night can be held against this one.";
}

std::string ComparableWord(const ModelView& model, const CellView* control, const SweepView& view) {
  const CellView* baseline = BaselineOf(model);
  if (baseline != nullptr && !baseline->stable) return "no";
  if (control == nullptr) return "not known";
  if (!IsQuiet(*control, view.flag_below)) return "no";
  const int nights = NightsBehind(model);
  return nights > 0 ? "yes, with " + Counted(nights, "night", "nights") : "within tonight";
}

// "k=4 experts, ..., 4 instances of 2 threads: ×2.81 [2.7, 2.9] the baseline's tokens/s, ..."
std::string ManyInWords(const ModelView& model) {
  const Recommendation& many = model.throughput.choice;
  const CellView* cell = MostTokensOf(model);
  if (cell == nullptr) return many.why;
  const CellView* baseline = BaselineOf(model);
  std::string text = SettingInWords(*cell);
  if (cell != baseline) {
    text +=
        fmt::format(": {} the baseline's tokens/s, {} texts together",
                    Factor(many.speedup, many.speedup_lo, many.speedup_hi), model.throughput.texts);
  }
  const std::string own = OwnSpeedInWords(*cell, baseline);
  if (!own.empty()) text += "; each " + own;
  if (cell == baseline) return text + ".";
  text += HasScoreChange(baseline, *cell)
              ? "; quality " + Change(many.quality_change, many.quality_lo, many.quality_hi)
              : std::string("; quality not measured");
  return text + ".";
}

}  // namespace

Answer AnswerFor(const ModelView& model, const SweepView& view) {
  Answer answer;
  const Recommendation& r = model.recommendation;
  answer.why = r.why;
  answer.many = ManyInWords(model);
  const CellView* control = LoudestControl(model);
  answer.noise = NoiseInWords(control);
  answer.quiet = QuietInWords(model, control, view.flag_below);
  answer.past = NightsBeforeInWords(model, view);
  answer.comparable = ComparableWord(model, control, view);
  for (const CellView& cell : model.cells) {
    if (VerdictWord(cell) == "flagged") answer.flagged.push_back(&cell);
  }
  const CellView* best = RecommendedOf(model);
  if (best == nullptr) {
    answer.setting = "No setting can be recommended";
    answer.gain = answer.price = "none";
    return answer;
  }
  answer.setting = SettingInWords(*best);
  answer.deploy = DeployFacts(r);
  const CellView* base = BaselineOf(model);
  if (best == base) {
    answer.gain = answer.price = "none";
    answer.gain_detail =
        fmt::format("The baseline itself, tokens/s: {}.", SpeedInWords(*best, best->decode_tps));
    answer.price_detail = fmt::format("The baseline itself: {}.", Score(best->quality));
    return answer;
  }
  answer.gain = Factor(r.speedup, r.speedup_lo, r.speedup_hi);
  const bool has_price = HasScoreChange(base, *best);
  answer.price = has_price ? Change(r.quality_change, r.quality_lo, r.quality_hi) : kNotMeasured;
  if (base != nullptr) {
    answer.gain_detail = fmt::format("{} → {} tokens/s, n={}.", MedianOf(base->decode_tps),
                                     MedianOf(best->decode_tps), best->decode_tps.n);
  }
  if (!has_price) {
    answer.price_detail = "A speed without its quality is no reason to choose a setting.";
  } else {
    answer.price_detail = fmt::format(
        "{} → {} of {}. {}", Percent(base->quality.score), Percent(best->quality.score),
        Counted(best->quality.n, "item", "items"), PriceMeaning(best->quality, view.flag_below));
  }
  return answer;
}

}  // namespace moebench
