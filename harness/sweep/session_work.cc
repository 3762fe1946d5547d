#include "harness/sweep/session_work.h"

#include <algorithm>
#include <set>

#include "harness/base/hash.h"
#include "harness/sweep/measure_routing.h"
#include "harness/sweep/schedule.h"

namespace moebench {
namespace {

constexpr size_t kItemsPerUnit = 16;

uint64_t SessionSeed(const SweepPlan& plan, const SessionGroup& group, int index) {
  std::string text = group.policy + ' ' + std::to_string(group.placement.thread_cpus.size()) + ' ' +
                     std::to_string(index) + ' ' + plan.models[group.model].sha256;
  if (!group.others.empty()) text += ' ' + std::to_string(InstancesOf(group));
  return Fnv1a64(text, plan.spec.seed);
}

bool NearUnfinished(const std::vector<bool>& wanted, size_t i) {
  const size_t first = i < 2 ? 0 : i - 2, last = std::min(i + 3, wanted.size());
  return std::any_of(wanted.begin() + static_cast<std::ptrdiff_t>(first),
                     wanted.begin() + static_cast<std::ptrdiff_t>(last), [](bool b) { return b; });
}

void AddTrials(const SweepPlan& plan, const SessionGroup& group, int index, const DoneWork& done,
               std::deque<WorkUnit>& work) {
  const PlannedModel& model = plan.models[group.model];
  const std::vector<TrialSlot> slots = ScheduleSession({.cells = group.cells,
                                                        .anchor = group.anchor.value_or(0),
                                                        .has_anchor = group.anchor.has_value(),
                                                        .trials = plan.spec.trials,
                                                        .seed = SessionSeed(plan, group, index)});
  const auto ended = [&](size_t cell) { return done.cells.contains(model.cells[cell].cell_id); };
  std::vector<bool> wanted;
  wanted.reserve(slots.size());
  for (const TrialSlot& slot : slots) {
    wanted.push_back(!ended(slot.cell) &&
                     !done.trials.contains({model.cells[slot.cell].cell_id, index, slot.round}));
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    const bool anchor = group.anchor && slots[i].cell == *group.anchor;
    if (wanted[i] || (anchor && !ended(slots[i].cell) && NearUnfinished(wanted, i))) {
      work.push_back({.cell = slots[i].cell,
                      .kind = WorkKind::kTrial,
                      .round = slots[i].round,
                      .order = static_cast<int>(i)});
    }
  }
}

void AddAnswers(const SweepPlan& plan, const SessionGroup& group, size_t cell, const DoneWork& done,
                std::deque<WorkUnit>& work) {
  const std::string& cell_id = plan.models[group.model].cells[cell].cell_id;
  if (done.cells.contains(cell_id)) return;
  WorkUnit unit{.cell = cell, .kind = WorkKind::kAnswers};
  for (size_t item = 0; item < plan.items.size(); ++item) {
    if (done.answers.contains({cell_id, plan.items[item].id})) continue;
    unit.items.push_back(item);
    if (unit.items.size() == kItemsPerUnit) {
      work.push_back(unit);
      unit.items.clear();
    }
  }
  if (!unit.items.empty()) work.push_back(unit);
}

// One speculative cell of each k stands for what passes cost at it.
void AddPassCosts(const SweepPlan& plan, const SessionGroup& group, const DoneWork& done,
                  std::deque<WorkUnit>& work) {
  std::set<int> known;
  for (const size_t index : group.cells) {
    const CellRecord& record = plan.models[group.model].cells[index];
    if (record.cell.decoding == "plain" || done.cells.contains(record.cell_id)) continue;
    if (done.speculation.pass_ms.contains(PassKeyOf(record.cell))) continue;
    if (known.insert(record.cell.k).second) {
      work.push_back({.cell = index, .kind = WorkKind::kPassCosts});
    }
  }
}

void AddDivergence(const SweepPlan& plan, const SessionGroup& group, size_t cell,
                   const DoneWork& done, std::deque<WorkUnit>& work) {
  const PlannedModel& model = plan.models[group.model];
  const std::string& cell_id = model.cells[cell].cell_id;
  if (plan.text.empty() || model.window_tokens == 0) return;
  if (done.cells.contains(cell_id) || done.divergences.contains(cell_id)) return;
  work.push_back({.cell = cell, .kind = WorkKind::kDivergence});
}

void AddRouting(const SweepPlan& plan, const SessionGroup& group, const DoneWork& done,
                std::deque<WorkUnit>& work) {
  const PlannedModel& model = plan.models[group.model];
  const std::optional<size_t> cell = RoutingCell(model, group);
  if (!cell || done.cells.contains(model.cells[*cell].cell_id)) return;
  if (done.routings.contains(model.sha256)) return;
  work.push_back({.cell = *cell, .kind = WorkKind::kRouting});
}

}  // namespace

std::deque<WorkUnit> RemainingWork(const SweepPlan& plan, const SessionGroup& group, int index,
                                   const DoneWork& done) {
  std::deque<WorkUnit> work;
  if (index == 0) AddPassCosts(plan, group, done, work);
  AddTrials(plan, group, index, done, work);
  if (index != 0) return work;
  AddRouting(plan, group, done, work);
  if (group.anchor) AddAnswers(plan, group, *group.anchor, done, work);
  for (const size_t cell : group.cells) AddAnswers(plan, group, cell, done, work);
  if (group.anchor) AddDivergence(plan, group, *group.anchor, done, work);
  for (const size_t cell : group.cells) AddDivergence(plan, group, cell, done, work);
  return work;
}

std::deque<WorkUnit> RerunWork(const SweepPlan& plan, const SessionGroup& suspects, int index,
                               const DoneWork& done) {
  constexpr int kBlocks = 2;
  const PlannedModel& model = plan.models[suspects.model];
  std::deque<WorkUnit> work;
  int order = 0, anchor_round = 0;
  const auto add = [&](size_t cell, int round) {
    work.push_back({.cell = cell, .kind = WorkKind::kTrial, .round = round, .order = order++});
  };
  for (const size_t cell : suspects.cells) {
    const std::string& id = model.cells[cell].cell_id;
    const bool finished = done.trials.contains({id, index, 2 * kBlocks - 1});
    if (!suspects.anchor || finished || done.cells.contains(id)) continue;
    for (int block = 0; block < kBlocks; ++block) {
      add(*suspects.anchor, anchor_round++);
      add(cell, 2 * block);
      add(cell, 2 * block + 1);
      add(*suspects.anchor, anchor_round++);
    }
  }
  return work;
}

double UnitWeight(const SweepPlan& plan, const SessionGroup& group, const WorkUnit& unit) {
  constexpr double kBytesPerSecond = 20e9, kTokenOverheadSeconds = 1e-4;
  double tokens = 0;
  if (unit.kind == WorkKind::kPassCosts) {
    tokens = 5 * 136;  // sizes of 1 to 16 tokens, some repetitions
  } else if (unit.kind == WorkKind::kTrial) {
    for (const SpeedPrompt& prompt : plan.suite.speed) {
      tokens += SpeedTokens(prompt, plan.spec.max_tokens);
    }
  } else {
    for (const size_t item : unit.items) tokens += 0.5 * plan.items[item].max_tokens;
    if (unit.kind == WorkKind::kRouting) tokens += 0.1 * 256;
    // Two passes over the windows; a token of a whole window costs about a tenth of a decoded one.
    const PlannedModel& model = plan.models[group.model];
    if (unit.kind == WorkKind::kDivergence)
      tokens += 0.2 * model.window_tokens * plan.spec.divergence_windows;
  }
  const double bytes = static_cast<double>(unit.kind == WorkKind::kTrial ? InstancesOf(group) : 1) *
                       plan.models[group.model].cells[unit.cell].bytes_per_token_predicted;
  return tokens * (bytes / kBytesPerSecond + kTokenOverheadSeconds);
}

double RemainingWeight(const SweepPlan& plan, const DoneWork& done) {
  double total = 0;
  for (const SessionGroup& group : plan.groups) {
    for (int index = 0; index < plan.spec.sessions; ++index) {
      for (const WorkUnit& unit : RemainingWork(plan, group, index, done)) {
        total += UnitWeight(plan, group, unit);
      }
    }
  }
  return total;
}

}  // namespace moebench
