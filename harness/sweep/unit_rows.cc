#include "harness/sweep/unit_rows.h"

#include "harness/sweep/instance_trial.h"
#include "harness/sweep/measure.h"
#include "harness/sweep/measure_divergence.h"
#include "harness/sweep/measure_routing.h"

namespace moebench {
namespace {

// Null where nothing speculates: plain texts are then not kept.
PlainTexts* PlainOf(const UnitContext& context, const Cell& cell) {
  return Speculates(context.plan.spec) ? &context.book.PlainOf(cell) : nullptr;
}

TrialRecord TimedTrial(const UnitContext& context, const Cell& cell, std::span<Worker> workers) {
  PlainTexts* plain = PlainOf(context, cell);
  const std::vector<SpeedPrompt>& prompts = context.plan.suite.speed;
  const int max_tokens = context.plan.spec.max_tokens;
  if (plain && cell.decoding != "plain") {
    PreparePlainTexts(*workers[0].runner, cell, prompts, max_tokens, *plain);
  }
  std::vector<int> pids;
  for (const Worker& worker : workers) pids.push_back(worker.pid);
  const SweepEnvironment& environment = context.environment;
  const auto finish_watch =
      environment.watch_trial(pids, cell.threads * static_cast<int>(workers.size()));
  TrialRecord trial = MeasureAtOnce(workers, cell, prompts, max_tokens, plain, environment.now_s);
  const TrialNote note = finish_watch();
  trial.machine_delta_json = note.machine_delta_json;
  trial.unstable = note.unstable;
  const std::string alone = environment.virtual_time ? "" : OverlapReason(trial);
  if (!alone.empty()) trial.unstable += (trial.unstable.empty() ? "" : "; ") + alone;
  return trial;
}

}  // namespace

UnitRows RunOnWorkers(const UnitContext& context, const WorkUnit& unit, int64_t session_id,
                      std::span<Worker> workers) {
  Worker& worker = workers.front();
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
      rows.trial = TimedTrial(context, cell, workers);
      rows.trial.session_id = session_id;
      rows.trial.round = unit.round;
      rows.trial.order = unit.order;
      break;
    case WorkKind::kRouting:
      rows.routing = MeasureRouting(*worker.runner, model, context.plan);
      rows.routing.session_id = session_id;
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
  if (unit.kind == WorkKind::kRouting) return "routing";
  if (unit.kind == WorkKind::kPassCosts) return "passes of 1 to 16 tokens";
  return unit.kind == WorkKind::kAnswers ? "answers" : "trial " + std::to_string(unit.round + 1);
}

}  // namespace moebench
