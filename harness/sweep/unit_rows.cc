#include "harness/sweep/unit_rows.h"

#include "harness/sweep/measure.h"
#include "harness/sweep/measure_divergence.h"

namespace moebench {
namespace {

// Null where nothing speculates: plain texts are then not kept.
PlainTexts* PlainOf(const UnitContext& context, const Cell& cell) {
  return Speculates(context.plan.spec) ? &context.book.PlainOf(cell) : nullptr;
}

TrialRecord TimedTrial(const UnitContext& context, const Cell& cell, Worker& worker) {
  PlainTexts* plain = PlainOf(context, cell);
  const std::vector<SpeedPrompt>& prompts = context.plan.suite.speed;
  const int max_tokens = context.plan.spec.max_tokens;
  if (plain && cell.decoding != "plain") {
    PreparePlainTexts(*worker.runner, cell, prompts, max_tokens, *plain);
  }
  const auto finish_watch = context.environment.watch_trial(worker.pid, cell.threads);
  TrialRecord trial = MeasureTrial(*worker.runner, cell, prompts, max_tokens, plain);
  const TrialNote note = finish_watch();
  trial.machine_delta_json = note.machine_delta_json;
  trial.unstable = note.unstable;
  return trial;
}

}  // namespace

UnitRows RunOnWorker(const UnitContext& context, const WorkUnit& unit, int64_t session_id,
                     Worker& worker) {
  const PlannedModel& model = context.plan.models[context.group.model];
  const Cell& cell = model.cells[unit.cell].cell;
  UnitRows rows;
  switch (unit.kind) {
    case WorkKind::kPassCosts:
      rows.costs =
          MeasurePassCosts(*worker.runner, cell, context.plan.suite.speed, model.context_tokens);
      for (PassCostRecord& cost : rows.costs) cost.session_id = session_id;
      break;
    case WorkKind::kTrial:
      rows.trial = TimedTrial(context, cell, worker);
      rows.trial.session_id = session_id;
      rows.trial.round = unit.round;
      rows.trial.order = unit.order;
      break;
    case WorkKind::kAnswers: {
      std::vector<Item> items;
      for (const size_t item : unit.items) items.push_back(context.plan.items[item]);
      rows.answers = AnswerItems(*worker.runner, cell, items, context.environment.run_code,
                                 PlainOf(context, cell));
      for (AnswerRecord& answer : rows.answers) answer.session_id = session_id;
      break;
    }
    case WorkKind::kDivergence:
      rows.divergence = MeasureDivergence(*worker.runner, cell, model.facts.k0, model.window_tokens,
                                          context.plan);
      rows.divergence.session_id = session_id;
      break;
  }
  return rows;
}

std::string NameOf(const WorkUnit& unit) {
  if (unit.kind == WorkKind::kDivergence) return "divergence";
  if (unit.kind == WorkKind::kPassCosts) return "passes of 1 to 16 tokens";
  return unit.kind == WorkKind::kAnswers ? "answers" : "trial " + std::to_string(unit.round + 1);
}

}  // namespace moebench
