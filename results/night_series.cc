#include "results/night_series.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/stats/stable.h"
#include "harness/stats/summary.h"

namespace moebench {
namespace {

// Log of the median speed of a cell in each of the processes that timed it undisturbed; nothing for
// an unstable cell.
std::map<int64_t, double> LevelsBySession(const PastSweep& sweep, const std::string& cell_id) {
  std::map<int64_t, std::vector<double>> speeds;
  std::vector<TrialSeen> seen;
  for (const PastTrial& trial : sweep.trials) {
    if (trial.rerun || trial.cell_id != cell_id || !(trial.decode_tps > 0)) continue;
    seen.push_back({trial.session_id, !trial.unstable});
    if (!trial.unstable) speeds[trial.session_id].push_back(trial.decode_tps);
  }
  std::map<int64_t, double> levels;
  if (!EnoughStable(seen)) return levels;
  for (auto& [session, values] : speeds) levels[session] = std::log(Median(std::move(values)));
  return levels;
}

const CellRecord* RecordOf(const std::vector<CellRecord>& cells, const std::string& cell_id) {
  for (const CellRecord& record : cells) {
    if (record.cell_id == cell_id) return &record;
  }
  return nullptr;
}

}  // namespace

PastSweep SpeedsOf(const SweepRows& rows) {
  PastSweep sweep{.sweep = rows.sweep, .cells = rows.cells};
  std::set<int64_t> reruns;
  for (const SessionRecord& session : rows.sessions) {
    if (session.rerun) reruns.insert(session.id);
  }
  for (const TrialRecord& trial : rows.trials) {
    sweep.trials.push_back({trial.cell_id, trial.session_id, trial.order, trial.DecodeTps(),
                            reruns.contains(trial.session_id), !trial.unstable.empty()});
  }
  return sweep;
}

std::string AnchorOfCell(const std::vector<CellRecord>& cells, const std::string& cell_id) {
  const CellRecord* record = RecordOf(cells, cell_id);
  if (!record) return "";
  const Cell& cell = record->cell;
  int k0 = -1;
  for (const CellRecord& other : cells) {
    if (other.cell.baseline && other.cell.model_sha256 == cell.model_sha256) k0 = other.cell.k;
  }
  for (const CellRecord& other : cells) {
    const Cell& c = other.cell;
    const bool anchor = c.k == k0 && c.decoding == "plain" && c.control == 0 &&
                        c.model_sha256 == cell.model_sha256 && c.runner == cell.runner &&
                        c.placement == cell.placement && c.threads == cell.threads &&
                        c.instances == cell.instances;
    if (anchor) return other.cell_id == cell_id ? "" : other.cell_id;
  }
  return "";
}

std::vector<double> NeighbourRatios(const std::vector<PastTrial>& trials,
                                    const std::string& cell_id, const std::string& anchor_id) {
  std::vector<double> ratios;
  for (const PastTrial& mine : trials) {
    if (mine.cell_id != cell_id || !(mine.decode_tps > 0) || mine.unstable) continue;
    const PastTrial* nearest = nullptr;
    for (const PastTrial& other : trials) {
      if (other.cell_id != anchor_id || other.session_id != mine.session_id ||
          !(other.decode_tps > 0) || other.unstable) {
        continue;
      }
      if (!nearest || std::abs(other.order - mine.order) < std::abs(nearest->order - mine.order)) {
        nearest = &other;
      }
    }
    if (nearest) ratios.push_back(std::log(mine.decode_tps / nearest->decode_tps));
  }
  return ratios;
}

CellNight NightOfCell(const PastSweep& sweep, const std::string& cell_id) {
  CellNight night;
  const std::map<int64_t, double> levels = LevelsBySession(sweep, cell_id);
  std::vector<double> absolute, relative;
  for (const auto& [session, level] : levels) absolute.push_back(level);
  night.absolute = NightOf(absolute);
  const std::string anchor = AnchorOfCell(sweep.cells, cell_id);
  if (anchor.empty()) return night;
  const std::map<int64_t, double> anchor_levels = LevelsBySession(sweep, anchor);
  for (const auto& [session, level] : levels) {
    const auto found = anchor_levels.find(session);
    if (found != anchor_levels.end()) relative.push_back(level - found->second);
  }
  night.relative = NightOf(relative);
  std::vector<PastTrial> again;
  std::copy_if(sweep.trials.begin(), sweep.trials.end(), std::back_inserter(again),
               [](const PastTrial& trial) { return trial.rerun; });
  night.rerun_pairs = NeighbourRatios(again, cell_id, anchor);
  return night;
}

std::string WorkloadOf(const SweepRecord& sweep) {
  const nlohmann::json config = nlohmann::json::parse(sweep.config_json, nullptr, false);
  std::string workload;
  for (const char* key : {"suite_hash", "max_tokens"}) {
    if (config.is_object() && config.contains(key)) workload += config[key].dump() + ' ';
  }
  return workload;
}

}  // namespace moebench
