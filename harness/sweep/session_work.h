// The units one worker process still has to do: in the first session what passes cost at each k
// that speculates, then timed trials in their interleaved order, then, in the first session, the
// routing of the suite's text (of the baseline's group), the answers to its items and the
// divergence over its text. Pure.
#pragma once

#include <deque>
#include <string>

#include "harness/sweep/plan.h"
#include "harness/sweep/sink.h"

namespace moebench {

enum class WorkKind { kPassCosts, kTrial, kRouting, kAnswers, kDivergence };

struct WorkUnit {
  size_t cell = 0;  // index in the model's cells
  WorkKind kind = WorkKind::kTrial;
  int round = 0, order = 0;   // of a trial: repetition, position in the session's whole schedule
  std::vector<size_t> items;  // of answers: indices in SweepPlan::items
};

// What is left of a group's session `index` (0, 1, ...) after `done`. An anchor trial that stands
// beside an unfinished trial runs again: a pair needs both halves in one process.
std::deque<WorkUnit> RemainingWork(const SweepPlan& plan, const SessionGroup& group, int index,
                                   const DoneWork& done);

// The second look at suspects has session indices of its own, from here on.
constexpr int kRerunIndex = 1000;
constexpr int kRerunSessions = 3;

// One process of the second look: for each cell of the group twice A B B A, the anchor A around the
// suspect B. A suspect that was not finished in this session runs again as a whole.
std::deque<WorkUnit> RerunWork(const SweepPlan& plan, const SessionGroup& suspects, int index,
                               const DoneWork& done);

// Relative cost of a unit, for the progress display.
double UnitWeight(const SweepPlan& plan, const SessionGroup& group, const WorkUnit& unit);

// Of all planned sessions that are not done.
double RemainingWeight(const SweepPlan& plan, const DoneWork& done);

}  // namespace moebench
