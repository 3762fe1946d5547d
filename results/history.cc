#include "results/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "harness/stats/change_point.h"
#include "harness/stats/confirm.h"
#include "harness/stats/ratio.h"

namespace moebench {
namespace {

bool Promoted(const History& history, int64_t sweep_id) {
  return std::any_of(history.marks.begin(), history.marks.end(), [&](const BaselineMark& mark) {
    return mark.sweep_id == sweep_id && mark.kind == BaselineKind::kPromoted;
  });
}

PastNight Keyed(const SweepRecord& sweep, const std::string& cell_id, const Night& night) {
  return {.machine = sweep.machine_hash,
          .cell = cell_id,
          .workload = WorkloadOf(sweep),
          .version = sweep.version,
          .night = night};
}

// Everything that is known of one cell on its way to a verdict.
struct Case {
  std::string cell_id;
  CellNight tonight;
  CellHistory past;
  NightShift absolute, relative;
  bool beside_anchor = false;  // judged by what it is beside the anchor
};

NightShift Before(const std::vector<Night>& past) {
  if (past.size() < 2) return {};
  return ShiftOf(std::span(past).first(past.size() - 1), past.back());
}

// The re-run against what the past says of this cell beside the anchor.
std::optional<Confirmation> Rerun(const Case& of) {
  if (of.tonight.rerun_pairs.empty()) return std::nullopt;
  const double foretold = of.tonight.relative.level - of.relative.log_ratio;
  std::vector<double> pairs = of.tonight.rerun_pairs;
  for (double& pair : pairs) pair -= foretold;
  const Confirmation again = ConfirmationOf(pairs);
  return again.pairs > 0 ? std::optional(again) : std::nullopt;
}

VerdictKind JudgeCase(const Case& of, double flag_below) {
  if (!of.beside_anchor) {
    return JudgeTwoNights(Before(of.past.absolute), of.absolute, flag_below);
  }
  const std::optional<Confirmation> again = Rerun(of);
  const VerdictKind kind = again
                               ? JudgeShift(of.relative, again, flag_below)
                               : JudgeTwoNights(Before(of.past.relative), of.relative, flag_below);
  // Beside an anchor that became faster a cell looks slower: it must have moved itself.
  const double half = 0.5 * (1 - flag_below);
  if (kind == VerdictKind::kFlagged && of.absolute.ratio > 1 - half) return VerdictKind::kOk;
  if (kind == VerdictKind::kImproved && of.absolute.ratio < 1 + half) return VerdictKind::kOk;
  return kind;
}

std::string Reason(const Case& of, const NightShift& shift, VerdictKind kind) {
  const std::string what = fmt::format(
      "{} against its last {} nights{}", PercentText(shift.ratio - 1, shift.lo - 1, shift.hi - 1),
      shift.nights, of.beside_anchor ? ", beside the baseline" : "");
  if (kind == VerdictKind::kFlagged) return "regressed: decode " + what;
  if (kind == VerdictKind::kImproved) return "faster than its past: decode " + what;
  if (kind == VerdictKind::kInconclusive && shift.ratio < 0.95) {
    return "perhaps slower: decode " + what + "; the next night or a re-run decides";
  }
  return "";
}

void FillDrift(const Case& of, HistoryView& view) {
  std::vector<double> levels;
  for (const Night& night : of.past.absolute) levels.push_back(night.level);
  levels.push_back(of.tonight.absolute.level);
  const std::vector<ChangePoint> changes = ChangePoints(levels);
  if (changes.empty()) return;
  const ChangePoint& last = changes.back();
  view.drift = fmt::format("{} since {} nights ago", PercentText(last.ratio - 1),
                           levels.size() - 1 - last.at);
}

void FillPinned(const Case& of, const SweepRecord& tonight, const History& history,
                HistoryView& view) {
  for (const BaselineMark& mark : history.marks) {
    if (mark.kind != BaselineKind::kPinned) continue;
    for (const PastSweep& then : history.past) {
      if (then.sweep.id != mark.sweep_id || then.sweep.machine_hash != tonight.machine_hash ||
          WorkloadOf(then.sweep) != WorkloadOf(tonight)) {
        continue;
      }
      const Night pinned = NightOfCell(then, of.cell_id).absolute;
      if (pinned.processes == 0) continue;
      view.pinned_sweep = mark.sweep_id;
      view.pinned_ratio = std::exp(of.tonight.absolute.level - pinned.level);
    }
  }
}

HistoryView ViewOf(const Case& of, VerdictKind kind) {
  const NightShift& shift = of.beside_anchor ? of.relative : of.absolute;
  HistoryView view;
  view.nights = shift.nights;
  view.ratio = {shift.ratio, shift.lo, shift.hi, shift.nights};
  view.min_detectable = shift.min_detectable;
  view.night_sd = shift.noise.night_sd;
  view.process_sd = shift.noise.process_sd;
  view.noise_nights = shift.noise.df > 0 ? shift.noise.nights : 0;
  view.verdict = VerdictWord(kind);
  view.reason = Reason(of, shift, kind);
  return view;
}

// Same machine and workload, since the last accepted change, oldest first.
std::vector<const PastSweep*> ComparableSweeps(const History& history, const SweepRecord& tonight) {
  std::vector<const PastSweep*> sweeps;
  for (const PastSweep& then : history.past) {
    if (then.sweep.machine_hash != tonight.machine_hash ||
        WorkloadOf(then.sweep) != WorkloadOf(tonight)) {
      continue;
    }
    if (Promoted(history, then.sweep.id)) sweeps.clear();
    sweeps.push_back(&then);
  }
  return sweeps;
}

// Reads the sweep's answers only if it has a cell that was not seen before.
void AddNewAnswers(const Store& store, const PastSweep& then,
                   std::map<std::string, PastAnswers>& answers) {
  std::set<std::string> fresh;
  for (const CellRecord& cell : then.cells) {
    if (cell.status == Status::kOk && !answers.contains(cell.cell_id)) fresh.insert(cell.cell_id);
  }
  if (fresh.empty()) return;
  for (const std::string& id : fresh) answers[id].sweep_id = then.sweep.id;
  for (AnswerRecord& answer : store.Answers(then.sweep.id)) {
    if (fresh.contains(answer.cell_id)) answers[answer.cell_id].answers.push_back(answer);
  }
}

}  // namespace

History ReadHistory(const Store& store, int64_t sweep_id) {
  History history{store.PastSweeps(sweep_id), store.BaselineMarks()};
  for (const SweepRecord& sweep : store.Sweeps()) {
    if (sweep.id != sweep_id) continue;
    for (const PastSweep* then : ComparableSweeps(history, sweep)) {
      AddNewAnswers(store, *then, history.answers);
    }
  }
  return history;
}

CellHistory HistoryOfCell(const History& history, const SweepRecord& tonight,
                          const std::string& cell_id) {
  std::vector<PastNight> absolute, relative;
  for (const PastSweep& then : history.past) {
    const CellNight night = NightOfCell(then, cell_id);
    absolute.push_back(Keyed(then.sweep, cell_id, night.absolute));
    relative.push_back(Keyed(then.sweep, cell_id, night.relative));
    absolute.back().accepted_change = relative.back().accepted_change =
        Promoted(history, then.sweep.id);
  }
  const PastNight key = Keyed(tonight, cell_id, {});
  // A new version is what may have become slower, so it is held against the old ones.
  return {ComparableNights(absolute, key, VersionPolicy::kAny),
          ComparableNights(relative, key, VersionPolicy::kAny)};
}

NightsJudged JudgeNights(const SweepRows& rows, const History& history,
                         const std::vector<std::string>& cells, double flag_below) {
  const PastSweep tonight = SpeedsOf(rows);
  std::vector<Case> cases;
  for (const std::string& cell_id : cells) {
    Case one{.cell_id = cell_id, .tonight = NightOfCell(tonight, cell_id)};
    one.past = HistoryOfCell(history, rows.sweep, cell_id);
    one.absolute = ShiftOf(one.past.absolute, one.tonight.absolute);
    one.relative = ShiftOf(one.past.relative, one.tonight.relative);
    one.beside_anchor = one.relative.nights > 0;
    if (one.absolute.nights > 0) cases.push_back(std::move(one));
  }
  NightsJudged result;
  std::vector<NightShift> absolute;
  std::vector<double> p_values;
  for (const Case& one : cases) {
    absolute.push_back(one.absolute);
    p_values.push_back(one.beside_anchor ? one.relative.p : one.absolute.p);
  }
  const std::vector<bool> significant = BenjaminiHochberg(p_values);
  result.alarm = MachineAlarmOf(absolute);
  if (result.alarm.raised) {
    result.alarm_text = fmt::format(
        "{} of {} cells moved together, decode {} against the nights before: the "
        "machine or the engine, no single setting",
        result.alarm.moved, result.alarm.cells, PercentText(result.alarm.ratio - 1));
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    VerdictKind kind = JudgeCase(cases[i], flag_below);
    const bool claim = kind == VerdictKind::kFlagged || kind == VerdictKind::kImproved;
    const bool the_machines = result.alarm.raised && !cases[i].beside_anchor;
    if (claim && (!significant[i] || the_machines)) kind = VerdictKind::kInconclusive;
    HistoryView view = ViewOf(cases[i], kind);
    FillDrift(cases[i], view);
    FillPinned(cases[i], rows.sweep, history, view);
    result.cells.emplace(cases[i].cell_id, std::move(view));
  }
  return result;
}

AaRecord LiveAaRecord(const SweepRows& rows, const History& history, double flag_below) {
  AaRecord record;
  const auto add = [&](const PastSweep& sweep) {
    for (const CellRecord& cell : sweep.cells) {
      if (cell.cell.control == 0) continue;
      const std::string anchor = AnchorOfCell(sweep.cells, cell.cell_id);
      std::map<int64_t, SessionTrials> sessions;
      for (const PastTrial& trial : sweep.trials) {
        if (trial.rerun || trial.unstable) continue;
        SessionTrials& session = sessions[trial.session_id];
        if (trial.cell_id == anchor) session.baseline.push_back({trial.order, trial.decode_tps});
        if (trial.cell_id == cell.cell_id) session.cell.push_back({trial.order, trial.decode_tps});
      }
      std::vector<SessionTrials> all;
      all.reserve(sessions.size());
      for (auto& [id, session] : sessions) all.push_back(std::move(session));
      const SpeedRatio ratio = PairedRatio(all);
      if (ratio.n < 2) continue;
      const VerdictKind kind = SpeedVerdict(ratio, flag_below).kind;
      ++record.cells;
      record.flagged += kind == VerdictKind::kFlagged ? 1 : 0;
      record.improved += kind == VerdictKind::kImproved ? 1 : 0;
    }
  };
  for (const PastSweep& then : history.past) add(then);
  add(SpeedsOf(rows));
  return record;
}

}  // namespace moebench
