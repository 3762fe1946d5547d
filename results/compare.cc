#include "results/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/stats/confirm.h"
#include "harness/stats/distributions.h"
#include "harness/stats/many_cells.h"
#include "results/analysis.h"
#include "results/cell_quality.h"
#include "results/night_series.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

// Of a night's level where history doesn't say it: the usual session noise (reliability.md 4.2).
constexpr double kAssumedNightSd = 0.02;

struct Side {
  const SweepRows& rows;
  SweepView view;
  PastSweep speeds;

  explicit Side(const SweepRows& of) : rows(of), view(Analyse(of)), speeds(SpeedsOf(of)) {}
  const CellView* Find(const std::string& cell_id) const {
    for (const ModelView& model : view.models) {
      for (const CellView& cell : model.cells) {
        if (cell.record.cell_id == cell_id) return &cell;
      }
    }
    return nullptr;
  }
  CellData Data(const std::string& cell_id) const {
    CellData data;
    for (const CellRecord& record : rows.cells) {
      if (record.cell_id == cell_id) data.record = &record;
    }
    for (const AnswerRecord& answer : rows.answers) {
      if (answer.cell_id == cell_id) data.answers.push_back(&answer);
    }
    return data;
  }
};

std::vector<std::string> Differences(const SweepRows& a, const SweepRows& b) {
  std::vector<std::string> different;
  if (a.sweep.machine_hash != b.sweep.machine_hash) {
    different.push_back("the machine or its settings differ (" + a.sweep.machine_hash + ", " +
                        b.sweep.machine_hash + ")");
  }
  if (WorkloadOf(a.sweep) != WorkloadOf(b.sweep)) {
    different.push_back("the suite or the number of tokens differs");
  }
  return different;
}

// b's level over a's, as a shift of nights: each side has its own night's noise beside what its
// processes show.
NightShift ShiftBetween(const Night& a, const Night& b, double night_sd) {
  constexpr double kMedianFactor = 1.2533141373155;  // sqrt(pi / 2)
  const auto variance = [&](const Night& night) {
    const double within = kMedianFactor * night.process_sd;
    return night_sd * night_sd + within * within / night.processes;
  };
  NightShift shift;
  shift.nights = 1;
  shift.log_ratio = b.level - a.level;
  shift.se = std::sqrt(variance(a) + variance(b));
  const double z = NormalQuantile(0.975);
  shift.ratio = std::exp(shift.log_ratio);
  shift.lo = std::exp(shift.log_ratio - z * shift.se);
  shift.hi = std::exp(shift.log_ratio + z * shift.se);
  shift.min_detectable = 1 - std::exp(-(z + NormalQuantile(0.8)) * shift.se);
  if (shift.se > 0) shift.p = 2 * NormalCdf(-std::abs(shift.log_ratio) / shift.se);
  return shift;
}

std::string Shifted(const NightShift& shift) {
  return PercentText(shift.ratio - 1, shift.lo - 1, shift.hi - 1);
}

double NightSd(const NoiseFloor& noise) { return noise.df > 0 ? noise.night_sd : kAssumedNightSd; }

// What the cell is beside its anchor adds a claim where it allows one: a setting may lose its lead
// on a night on which the whole machine is faster. It must have moved itself, too: beside an anchor
// that became faster every cell looks slower.
Verdict JudgeBesideAnchor(const NightShift& absolute, const NightShift& relative,
                          double flag_below) {
  Verdict verdict{JudgeShift(relative, std::nullopt, flag_below),
                  {"beside the baseline " + Shifted(relative)}};
  const double half = 0.5 * (1 - flag_below);
  const bool lost = verdict.kind == VerdictKind::kFlagged && absolute.ratio <= 1 - half;
  const bool won = verdict.kind == VerdictKind::kImproved && absolute.ratio >= 1 + half;
  if (!lost && !won) verdict.kind = VerdictKind::kOk;
  return verdict;
}

Verdict JudgeSpeed(const NightShift& shift, double flag_below) {
  Verdict verdict{JudgeShift(shift, std::nullopt, flag_below), {"decode " + Shifted(shift)}};
  if (verdict.kind == VerdictKind::kInconclusive) {
    verdict.reasons[0] +=
        shift.se > kMaxStandardError
            ? fmt::format(": too noisy to claim anything (standard error {:.1f} %)", 100 * shift.se)
            : ": a loss can't be excluded; more sessions would settle it";
  }
  return verdict;
}

bool Usable(const CellView& cell) { return cell.decode_tps.n > 0 && cell.stable; }

std::string WhyNotUsable(const CellView& cell) {
  return cell.stable ? cell.status : "unstable: " + cell.disturbed;
}

ComparedCell Compare(const Side& a, const Side& b, const CellView& of_a, const CellView& of_b,
                     const CellNoise& noise, bool comparable, double flag_below,
                     std::vector<NightShift>& shifts) {
  ComparedCell cell;
  cell.cell_id = of_a.record.cell_id;
  cell.label = of_a.label;
  cell.a = of_a.decode_tps;
  cell.b = of_b.decode_tps;
  cell.verdict = "not_comparable";
  if (!Usable(of_a) || !Usable(of_b)) {
    if (!Usable(of_a)) cell.why.push_back("A: " + WhyNotUsable(of_a));
    if (!Usable(of_b)) cell.why.push_back("B: " + WhyNotUsable(of_b));
    const bool shown = of_a.decode_tps.n > 0 && of_b.decode_tps.n > 0;
    if (shown && comparable) cell.verdict = VerdictWord(VerdictKind::kInconclusive);
    return cell;
  }
  const CellNight nights_a = NightOfCell(a.speeds, cell.cell_id);
  const CellNight nights_b = NightOfCell(b.speeds, cell.cell_id);
  const Night &night_a = nights_a.absolute, &night_b = nights_b.absolute;
  const NightShift shift = ShiftBetween(night_a, night_b, NightSd(noise.absolute));
  shifts.push_back(shift);
  cell.ratio = {shift.ratio, shift.lo, shift.hi, std::min(night_a.processes, night_b.processes)};
  const int beside = std::min(nights_a.relative.processes, nights_b.relative.processes);
  NightShift relative;
  if (beside > 0) {
    relative = ShiftBetween(nights_a.relative, nights_b.relative, NightSd(noise.relative));
    cell.relative = {relative.ratio, relative.lo, relative.hi, beside};
  }
  cell.min_detectable = shift.min_detectable;
  cell.quality = of_b.quality;
  if (!comparable) return cell;
  std::vector<Verdict> parts = {JudgeSpeed(shift, flag_below)};
  if (beside > 0) parts.push_back(JudgeBesideAnchor(shift, relative, flag_below));
  if (night_a.processes < 2 || night_b.processes < 2) {
    // One process has no spread of its own; n = 1 is never a claim.
    if (cell.a.n < 2 || cell.b.n < 2) {
      parts = {{VerdictKind::kInconclusive, {"decode: one trial; run more trials"}}};
    }
  }
  if (of_a.quality.n > 0 && of_b.quality.n > 0) {
    CellView scores = of_b;
    parts.push_back(
        CompareQuality(b.Data(cell.cell_id), a.Data(cell.cell_id), true, flag_below, scores));
    cell.quality = scores.quality;
  }
  for (Verdict& part : parts) NameTexts(of_a.record.cell, part.reasons);
  const Verdict verdict = Combine(parts);
  cell.verdict = VerdictWord(verdict.kind);
  cell.why = verdict.reasons;
  return cell;
}

std::string LabelWithModel(const CellRecord& record) {
  return CellLabel(record.cell) + " of " + record.cell.model_sha256.substr(0, 8);
}

void Count(const ComparedCell& cell, Comparison& all) {
  all.flagged += cell.verdict == "flagged" ? 1 : 0;
  all.improved += cell.verdict == "improved" ? 1 : 0;
  all.inconclusive += cell.verdict == "inconclusive" ? 1 : 0;
  all.not_comparable += cell.verdict == "not_comparable" ? 1 : 0;
}

}  // namespace

Comparison CompareSweeps(const SweepRows& rows_a, const SweepRows& rows_b,
                         const NoiseOfCell& noise_of) {
  const Side a(rows_a), b(rows_b);
  Comparison all;
  all.a = rows_a.sweep;
  all.b = rows_b.sweep;
  all.different = Differences(rows_a, rows_b);
  all.flag_below = b.view.flag_below;
  all.night_sd = kAssumedNightSd;
  std::vector<NightShift> shifts;
  for (const ModelView& model : a.view.models) {
    for (const CellView& cell : model.cells) {
      const CellView* other = b.Find(cell.record.cell_id);
      if (!other) {
        all.only_a.push_back(LabelWithModel(cell.record));
        continue;
      }
      const CellNoise noise = noise_of(cell.record.cell_id);
      const NoiseFloor& floor = noise.absolute;
      if (floor.df > 0 && floor.night_sd > (all.noise_nights > 0 ? all.night_sd : 0)) {
        all.night_sd = floor.night_sd;
        all.noise_nights = floor.nights;
      }
      all.cells.push_back(
          Compare(a, b, cell, *other, noise, all.different.empty(), all.flag_below, shifts));
      Count(all.cells.back(), all);
    }
  }
  const MachineAlarm alarm = MachineAlarmOf(shifts);
  if (alarm.raised && all.different.empty()) {
    all.alarm = fmt::format(
        "{} of {} cells moved together, decode {}: the machine or the engine, no single setting",
        alarm.moved, alarm.cells, PercentText(alarm.ratio - 1));
  }
  for (const CellRecord& record : rows_b.cells) {
    if (!a.Find(record.cell_id)) all.only_b.push_back(LabelWithModel(record));
  }
  return all;
}

}  // namespace moebench
