#include "harness/sweep/measure_divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/hash.h"

namespace moebench {

void PlanDivergence(std::string text, SweepPlan& plan) {
  constexpr int kWindowTokens = 512, kShortest = 4;
  if (plan.spec.divergence_windows == 0 || text.empty()) return;
  plan.text = std::move(text);
  for (PlannedModel& model : plan.models) {
    const int window = std::min(kWindowTokens, model.facts.context_length);
    if (window < kShortest) continue;
    model.window_tokens = window;
    model.context_tokens = std::max(model.context_tokens, window);
  }
}

DivergenceRecord MeasureDivergence(Runner& runner, const Cell& cell, int k0, int window_tokens,
                                   const SweepPlan& plan) {
  TextScore score = runner.ScoreText({.text = plan.text,
                                      .ks = {k0, cell.k},
                                      .window_tokens = window_tokens,
                                      .max_windows = plan.spec.divergence_windows});
  if (score.arms.size() != 2 || score.windows < 1) {
    throw Error{"the runner scored something else than it was asked to", "divergence", "",
                ExitCode::kInternal};
  }
  TextScore::Arm &base = score.arms[0], &own = score.arms[1];
  DivergenceRecord record{.cell_id = CellId(cell),
                          .text_hash = Hex16(Fnv1a64(plan.text)),
                          .base_k = k0,
                          .window_tokens = window_tokens,
                          .windows = score.windows,
                          .per_window = score.scored_per_window,
                          .k_executed_min = own.k_executed_min,
                          .k_executed_max = own.k_executed_max,
                          .base_log_p = std::move(base.log_p),
                          .log_p = std::move(own.log_p),
                          .kl = std::move(own.kl)};
  for (std::size_t i = 0; i < own.top.size(); ++i) {
    record.same_top += own.top[i] == base.top[i] ? '1' : '0';
  }
  return record;
}

std::string NotObeyedReason(const Cell& cell, const DivergenceRecord& d) {
  if (cell.k == 0 || (d.k_executed_min == cell.k && d.k_executed_max == cell.k)) return "";
  return fmt::format("not_obeyed: asked k = {} of the text, ran {} to {}", cell.k, d.k_executed_min,
                     d.k_executed_max);
}

}  // namespace moebench
