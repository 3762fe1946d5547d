#include "results/open_questions.h"

#include "results/analysis.h"

namespace moebench {
namespace {

bool SuspectTonight(const CellView& cell, const CellView& baseline, double flag_below) {
  const Interval& r = cell.speed_ratio;
  const Cell &mine = cell.record.cell, &base = baseline.record.cell;
  // Another placement is another process: it can't be looked at beside the baseline.
  const bool candidate = mine.k <= base.k && mine.placement == base.placement &&
                         mine.threads == base.threads && mine.instances == base.instances;
  return candidate && r.n > 1 && r.median < flag_below && r.hi < 1;
}

bool SuspectAgainstPast(const HistoryView& history, double flag_below) {
  const Interval& r = history.ratio;
  const double half = 0.5 * (1 - flag_below);
  return history.nights > 0 && ((r.median < 1 - half && r.lo < flag_below) ||
                                (r.median > 1 + half && r.hi > 2 - flag_below));
}

}  // namespace

std::vector<OpenQuestion> OpenQuestions(SweepRows rows, const History& history) {
  rows.answers.clear();  // only speed can be looked at again
  for (CellRecord& cell : rows.cells) {
    if (cell.status == Status::kPlanned) cell.status = Status::kOk;
  }
  const SweepView view = Analyse(rows, history);
  std::vector<OpenQuestion> questions;
  for (const ModelView& model : view.models) {
    if (model.cells.empty()) continue;
    const CellView& baseline = model.cells.front();
    for (const CellView& cell : model.cells) {
      const Interval& r = cell.speed_ratio;
      if (&cell == &baseline || r.n == 0 || r.median <= 0) continue;
      if (!cell.stable || !baseline.stable) {  // more processes may find quieter moments
        questions.push_back({cell.record.cell_id, 1, false});
        continue;
      }
      const bool suspect =
          cell.record.cell.control == 0 && (SuspectTonight(cell, baseline, view.flag_below) ||
                                            SuspectAgainstPast(cell.history, view.flag_below));
      questions.push_back({cell.record.cell_id, 0.5 * (r.hi - r.lo) / r.median, suspect});
    }
  }
  return questions;
}

}  // namespace moebench
