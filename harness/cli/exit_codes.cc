#include "harness/cli/exit_codes.h"

#include <algorithm>

#include "harness/stats/verdict.h"

namespace moebench {
namespace {

// Without its baseline a model says nothing.
bool LacksABaseline(const SweepView& view) {
  return std::any_of(view.models.begin(), view.models.end(), [](const ModelView& model) {
    return model.cells.empty() || model.cells.front().status != "ok";
  });
}

bool CantBeToldTonight(const CellView& cell) {
  const std::string open = VerdictWord(VerdictKind::kInconclusive);
  const bool ran = cell.record.status == Status::kOk;
  return ran &&
         (!cell.stable || cell.history.verdict == open || cell.history.quality_verdict == open ||
          (cell.record.cell.control > 0 && cell.verdict == open));
}

bool Regressed(const CellView& cell) {
  const std::string flagged = VerdictWord(VerdictKind::kFlagged);
  return cell.history.verdict == flagged || cell.history.quality_verdict == flagged;
}

template <typename Predicate>
std::vector<const CellView*> CellsThat(const SweepView& view, Predicate predicate) {
  std::vector<const CellView*> cells;
  for (const ModelView& model : view.models) {
    for (const CellView& cell : model.cells) {
      if (predicate(cell)) cells.push_back(&cell);
    }
  }
  return cells;
}

}  // namespace

ExitCode SweepExitCode(const SweepView& view) {
  if (view.flagged > view.expected || view.machine_slower) return ExitCode::kFlagged;
  if (LacksABaseline(view)) return ExitCode::kIncomplete;
  const bool open = view.failed + view.invalid + view.inconclusive > 0;
  return open ? ExitCode::kIncomplete : ExitCode::kOk;
}

ExitCode NightExitCode(const SweepView& view) {
  if (view.regressed > 0 || view.machine_slower) return ExitCode::kFlagged;
  if (LacksABaseline(view) || view.failed + view.invalid > 0) return ExitCode::kIncomplete;
  return CellsThat(view, CantBeToldTonight).empty() ? ExitCode::kOk : ExitCode::kIncomplete;
}

std::vector<std::string> Regressions(const SweepView& view) {
  std::vector<std::string> lines;
  for (const CellView* cell : CellsThat(view, Regressed)) {
    lines.push_back(cell->label + ": " + (cell->reasons.empty() ? "" : cell->reasons.front()));
  }
  return lines;
}

}  // namespace moebench
