// What the nights before say of tonight's cells: has a setting become slower or faster than its own
// past, or did the machine? Part of the analysis; pure but for ReadHistory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/stats/many_cells.h"
#include "results/night_series.h"
#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

struct PastAnswers {
  int64_t sweep_id = 0;
  std::vector<AnswerRecord> answers;  // of one cell
};
struct History {
  std::vector<PastSweep> past;      // oldest first, tonight not among them
  std::vector<BaselineMark> marks;  // in the order they were set
  // Of each cell: its answers in the first comparable sweep since the last accepted change.
  std::map<std::string, PastAnswers> answers = {};
};
History ReadHistory(const Store& store, int64_t sweep_id);

// The nights of one cell that tonight's may be held against, oldest first, since the last accepted
// change.
struct CellHistory {
  std::vector<Night> absolute, relative;
};
CellHistory HistoryOfCell(const History& history, const SweepRecord& tonight,
                          const std::string& cell_id);

// Tonight's cells against their past, by cell id; empty for cells without any. flag_below is a
// ratio. Cells of ids that aren't in `cells` are left out (refused ones).
struct NightsJudged {
  std::map<std::string, HistoryView> cells;
  MachineAlarm alarm;
  std::string alarm_text;  // empty: no alarm
};
NightsJudged JudgeNights(const SweepRows& tonight, const History& history,
                         const std::vector<std::string>& cells, double flag_below);

// A/A control cells of all sweeps in the history and tonight's: how many, and how many the rule
// would have flagged or called improved.
AaRecord LiveAaRecord(const SweepRows& tonight, const History& history, double flag_below);

}  // namespace moebench
