#include "results/trends.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/stats/change_point.h"
#include "results/night_series.h"
#include "results/report_cells.h"
#include "results/report_facts.h"

namespace moebench {
namespace {

constexpr size_t kMostTrends = 6;  // settings of a model
constexpr size_t kMostNights = 365;
constexpr size_t kMostChanges = 40;

bool HasModel(const PastSweep& sweep, const std::string& sha256) {
  return std::any_of(sweep.cells.begin(), sweep.cells.end(),
                     [&](const CellRecord& record) { return record.cell.model_sha256 == sha256; });
}

bool SameTerms(const SweepRecord& a, const SweepRecord& b) {
  return a.machine_hash == b.machine_hash && WorkloadOf(a) == WorkloadOf(b);
}

// Baseline and recommended, then what regressed, then the curve's.
std::vector<const CellView*> SettingsToFollow(const ModelView& model) {
  std::vector<const CellView*> cells = KeyCells(model, 2);
  const auto add = [&](const CellView* cell) {
    const bool followed = std::find(cells.begin(), cells.end(), cell) != cells.end();
    if (!followed && cells.size() < kMostTrends) cells.push_back(cell);
  };
  for (const CellView& cell : model.cells) {
    if (cell.history.verdict == "flagged" && cell.decode_tps.n > 0) add(&cell);
  }
  for (const CellView* cell : KeyCells(model, kMostTrends)) add(cell);
  return cells;
}

TrendPoint PointOf(const PastSweep& sweep, const std::string& cell_id) {
  const Night night = NightOfCell(sweep, cell_id).absolute;
  TrendPoint point{.sweep_id = sweep.sweep.id, .started = sweep.sweep.started};
  point.processes = night.processes;
  if (night.processes == 0) return point;
  point.decode_tps = std::exp(night.level);
  point.lo = std::exp(night.level - night.process_sd);
  point.hi = std::exp(night.level + night.process_sd);
  return point;
}

void MarkChanges(std::vector<TrendPoint>& nights) {
  std::vector<double> levels;
  std::vector<size_t> index;
  for (size_t i = 0; i < nights.size(); ++i) {
    if (nights[i].processes == 0) continue;
    levels.push_back(std::log(nights[i].decode_tps));
    index.push_back(i);
  }
  for (const ChangePoint& change : ChangePoints(levels)) {
    // Of more than 120 levels the last are used; `at` counts within all that were given.
    if (change.at < index.size()) nights[index[change.at]].change_ratio = change.ratio;
  }
}

void FillModel(const std::vector<const PastSweep*>& nights, const std::set<int64_t>& promoted,
               ModelView& model) {
  for (const CellView* cell : SettingsToFollow(model)) {
    TrendView trend{cell->record.cell_id, cell->label, {}};
    for (const PastSweep* night : nights) {
      trend.nights.push_back(PointOf(*night, cell->record.cell_id));
      trend.nights.back().promoted = promoted.contains(night->sweep.id);
    }
    MarkChanges(trend.nights);
    model.trends.push_back(std::move(trend));
  }
}

using FactMap = std::map<std::string, std::string>;

FactMap AsMap(const std::vector<Fact>& facts) { return {facts.begin(), facts.end()}; }

void AddChanges(const std::string& prefix, const FactMap& before, const FactMap& now,
                std::vector<ChangedFact>& changes) {
  for (const auto& [name, value] : now) {
    const auto then = before.find(name);
    if (then == before.end()) {
      changes.push_back({prefix + name, "", value});
    } else if (then->second != value) {
      changes.push_back({prefix + name, then->second, value});
    }
  }
  for (const auto& [name, value] : before) {
    if (!now.contains(name)) changes.push_back({prefix + name, value, ""});
  }
}

NightChanges ChangesSince(const SweepRecord& then, const SweepRecord& now) {
  NightChanges changes{.sweep_id = then.id,
                       .started = then.started,
                       .same_machine = then.machine_hash == now.machine_hash,
                       .same_workload = WorkloadOf(then) == WorkloadOf(now)};
  if (then.version != now.version) changes.facts.push_back({"moebench", then.version, now.version});
  AddChanges("", AsMap(LastingMachineFacts(then.machine_json)),
             AsMap(LastingMachineFacts(now.machine_json)), changes.facts);
  AddChanges("configuration: ", AsMap(FactsOfJson(then.config_json)),
             AsMap(FactsOfJson(now.config_json)), changes.facts);
  if (changes.facts.size() > kMostChanges) changes.facts.resize(kMostChanges);
  return changes;
}

}  // namespace

void FillTrends(const SweepRows& tonight, const History& history, SweepView& view) {
  std::set<int64_t> promoted;
  for (const BaselineMark& mark : history.marks) {
    if (mark.kind == BaselineKind::kPromoted) promoted.insert(mark.sweep_id);
  }
  const PastSweep now = SpeedsOf(tonight);
  const PastSweep* last = nullptr;
  for (ModelView& model : view.models) {
    std::vector<const PastSweep*> nights;
    for (const PastSweep& then : history.past) {
      if (!HasModel(then, model.record.sha256)) continue;
      if (last == nullptr || then.sweep.id > last->sweep.id) last = &then;
      if (SameTerms(then.sweep, tonight.sweep)) {
        nights.push_back(&then);
      } else {
        ++model.other_nights;
      }
    }
    nights.push_back(&now);
    if (nights.size() > kMostNights) {
      nights.erase(nights.begin(), nights.end() - static_cast<std::ptrdiff_t>(kMostNights));
    }
    FillModel(nights, promoted, model);
  }
  if (last != nullptr) view.changes = ChangesSince(last->sweep, tonight.sweep);
}

}  // namespace moebench
