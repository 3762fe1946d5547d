#include "results/judge_past.h"

#include <fmt/format.h>

#include "harness/stats/verdict.h"
#include "results/cell_quality.h"

namespace moebench {
namespace {

bool Finished(const CellView& cell) {
  return cell.record.status == Status::kOk && cell.decode_tps.n > 0 &&
         cell.record.cell.control == 0;
}

// Cells of finished work whose speed may be used; A/A copies say nothing of their own.
std::vector<std::string> CellsWithSpeed(const SweepView& view) {
  std::vector<std::string> ids;
  for (const ModelView& model : view.models) {
    for (const CellView& cell : model.cells) {
      if (Finished(cell) && cell.stable) ids.push_back(cell.record.cell_id);
    }
  }
  return ids;
}

// A cell's answers against those it gave in an earlier sweep.
void CompareWithPastAnswers(const CellData& tonight, const PastAnswers& past, double flag_below,
                            const CellView& cell, HistoryView& history) {
  CellData then;
  for (const AnswerRecord& answer : past.answers) then.answers.push_back(&answer);
  CellView scores;
  scores.record = cell.record;
  const Verdict verdict = CompareQuality(tonight, then, /*same_k=*/true, flag_below, scores);
  history.quality_sweep = past.sweep_id;
  history.quality = scores.quality;
  history.quality.n = static_cast<int>(past.answers.size());
  history.quality_verdict = VerdictWord(verdict.kind);
  const bool lost = verdict.kind == VerdictKind::kFlagged;
  if (!lost && verdict.kind != VerdictKind::kImproved) return;
  history.quality_reason = fmt::format("{}: {}, against its own answers in sweep {}",
                                       lost ? "regressed" : "better than its past",
                                       verdict.reasons.front(), past.sweep_id);
}

void AddQuality(const DataById& data, const History& past, double flag_below, SweepView& view) {
  for (ModelView& model : view.models) {
    for (CellView& cell : model.cells) {
      const auto then = past.answers.find(cell.record.cell_id);
      const auto now = data.find(cell.record.cell_id);
      if (then == past.answers.end() || now == data.end()) continue;
      if (!Finished(cell) || now->second.answers.empty()) continue;
      CompareWithPastAnswers(now->second, then->second, flag_below, cell, cell.history);
    }
  }
}

void AddSpeed(const NightsJudged& nights, SweepView& view) {
  view.machine_alarm = nights.alarm_text;
  view.machine_slower = nights.alarm.raised && nights.alarm.ratio < 1;
  for (ModelView& model : view.models) {
    for (CellView& cell : model.cells) {
      const auto found = nights.cells.find(cell.record.cell_id);
      if (found != nights.cells.end()) cell.history = found->second;
    }
  }
}

// What a cell is against its own past counts beside what it is against tonight's baseline.
void Settle(CellView& cell, SweepView& view) {
  const HistoryView& history = cell.history;
  const std::string flagged = VerdictWord(VerdictKind::kFlagged);
  const std::string improved = VerdictWord(VerdictKind::kImproved);
  if (history.verdict == flagged || history.quality_verdict == flagged) {
    ++view.regressed;
    cell.verdict = flagged;
    cell.expected = false;
  } else if (history.verdict == improved && cell.verdict == VerdictWord(VerdictKind::kOk)) {
    cell.verdict = improved;
  }
  for (const auto& [verdict, reason] : {std::pair(history.quality_verdict, history.quality_reason),
                                        std::pair(history.verdict, history.reason)}) {
    if (reason.empty()) continue;
    cell.reasons.insert(verdict == flagged ? cell.reasons.begin() : cell.reasons.end(), reason);
  }
}

}  // namespace

void JudgeAgainstPast(const SweepRows& rows, const DataById& data, const History& past,
                      SweepView& view) {
  view.aa = LiveAaRecord(rows, past, view.flag_below);
  AddSpeed(JudgeNights(rows, past, CellsWithSpeed(view), view.flag_below), view);
  AddQuality(data, past, view.flag_below, view);
  for (ModelView& model : view.models) {
    for (CellView& cell : model.cells) Settle(cell, view);
  }
}

}  // namespace moebench
