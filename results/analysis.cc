#include "results/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/stats/verdict.h"
#include "results/cell_beside.h"
#include "results/cell_signs.h"
#include "results/cell_speculation.h"
#include "results/cell_verdict.h"
#include "results/cell_work.h"
#include "results/judge_past.h"
#include "results/model_facts.h"
#include "results/recommend.h"
#include "results/throughput.h"
#include "results/trends.h"

namespace moebench {
namespace {

void AddSpeculation(const std::vector<Work>& cells, const SweepRows& rows, int n_experts,
                    Work& work) {
  const Cell& cell = work.view.record.cell;
  const Work* plain = AnchorOf(cells, cell, cell.k);  // plain decoding at the cell's own k
  FillSpeculation(work.data, plain ? &plain->data : nullptr, rows, n_experts, work.view);
}

// Noise of the night from the baseline's own copies.
void DescribeControls(const std::vector<Work>& cells, ModelView& model) {
  for (const Work& work : cells) {
    const CellView& view = work.view;
    if (view.record.cell.control == 0 || view.speed_ratio.n == 0 || !view.stable) continue;
    model.aa_noise = std::max(model.aa_noise, std::abs(view.speed_ratio.median - 1));
    const Interval& r = view.speed_ratio;
    const char* word = work.speed.kind == VerdictKind::kFlagged    ? "flagged"
                       : work.speed.kind == VerdictKind::kImproved ? "improved: it must not be"
                                                                   : "not flagged";
    if (!model.aa_text.empty()) model.aa_text += "; ";
    model.aa_text += r.n < 2 ? fmt::format("A/A control: {:.3f}, one trial", r.median)
                             : fmt::format("A/A control: {:.3f} [{:.3f}, {:.3f}], {}", r.median,
                                           r.lo, r.hi, word);
  }
}

std::vector<InstancePlace> PlacesOf(const CellData& data, const SessionsById& sessions) {
  for (const TrialRecord* trial : data.trials) {
    const auto found = sessions.find(trial->session_id);
    if (found != sessions.end()) return InstancePlaces(found->second->asked_json);
  }
  return {};
}

void FillRecommendation(const std::vector<Work>& cells, const SessionsById& sessions,
                        ModelView& model) {
  const CellView* baseline = nullptr;
  for (const Work& work : cells) {
    const Cell& cell = work.view.record.cell;
    if (!baseline && cell.baseline && cell.control == 0) baseline = &work.view;
  }
  std::vector<Candidate> alone, several;  // by how many texts are written at once
  double noise = 1;
  bool any_several = false;
  for (const Work& work : cells) {
    const Cell& cell = work.view.record.cell;
    any_several |= cell.instances > 1;
    if (!work.usable) continue;
    if (cell.control > 0) {
      noise = std::max(noise, work.view.speed_ratio.hi);
      continue;
    }
    if (work.view.record.status != Status::kOk && &work.view != baseline) continue;
    std::vector<Candidate>& candidates = cell.instances > 1 ? several : alone;
    candidates.push_back({.view = &work.view,
                          .speed_ok = work.speed.kind == VerdictKind::kOk ||
                                      work.speed.kind == VerdictKind::kImproved,
                          .quality_ok = work.quality.kind == VerdictKind::kOk ||
                                        work.quality.kind == VerdictKind::kImproved,
                          .lossy = !baseline || cell.k != baseline->record.cell.k,
                          .places = PlacesOf(work.data, sessions)});
  }
  model.recommendation = Recommend(alone, baseline, model.record, noise);
  if (!any_several) return;
  const CellView* chosen = nullptr;
  for (const Candidate& c : alone) {
    if (c.view->record.cell_id == model.recommendation.cell_id) chosen = c.view;
  }
  model.throughput = MostTokens(several, baseline, chosen, model.record, noise);
}

// Baseline, its copies, then in falling order of k; equals as planned.
void SortForReading(std::vector<Work>& cells) {
  const auto rank = [](const Work& work) {
    const Cell& cell = work.view.record.cell;
    if (cell.control > 0) return 1;
    return cell.baseline ? 0 : 2;
  };
  std::stable_sort(cells.begin(), cells.end(), [&](const Work& a, const Work& b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return rank(a) == 2 && a.view.record.cell.k > b.view.record.cell.k;
  });
}

void Count(const CellView& view, SweepView& sweep) {
  switch (view.record.status) {
    case Status::kSkipped:
      ++sweep.skipped;
      return;
    case Status::kFailed:
      ++sweep.failed;
      return;
    case Status::kInvalid:
      ++sweep.invalid;
      return;
    case Status::kPlanned:
      ++sweep.planned;
      return;
    case Status::kOk:
      break;
  }
  if (view.verdict == VerdictWord(VerdictKind::kFlagged)) ++sweep.flagged;
  if (view.expected) ++sweep.expected;
  if (view.verdict == VerdictWord(VerdictKind::kImproved)) ++sweep.improved;
  if (view.verdict == VerdictWord(VerdictKind::kInconclusive)) ++sweep.inconclusive;
  if (!view.stable) ++sweep.unstable;
}

ModelView AnalyseModel(const ModelRecord& record, const DataById& data, const SweepRows& rows,
                       const SessionsById& sessions, const JudgeOfSweep& judge, double flag_below) {
  ModelView model;
  model.record = record;
  model.name = NameOf(record.path);
  std::vector<Work> cells;
  for (const CellRecord& cell : rows.cells) {
    if (cell.cell.model_sha256 != record.sha256) continue;
    cells.push_back(StartWork(data.at(cell.cell_id), sessions, record));
  }
  for (const RoutingRecord& routing : rows.routings) {
    if (routing.model_sha256 == record.sha256) model.routing = routing;
  }
  RefuseImpossibleSpeeds(cells);
  const int n_experts = ExpertCount(record.facts_json);
  model.passes = PassTables(rows, record.sha256, n_experts);
  for (Work& work : cells) {
    if (!work.usable) continue;
    AddSpeculation(cells, rows, n_experts, work);
    const Work* baseline = BaselineOf(cells, work.view.record.cell);
    FillSignCounts(work.data, RatioThreshold((baseline ? *baseline : work).data), work.view);
    if (baseline == &work) {
      JudgeBaseline(judge, flag_below, work);
    } else {
      const int k0 = baseline ? baseline->view.record.cell.k : 0;
      const Work* anchor = baseline ? AnchorOf(cells, work.view.record.cell, k0) : nullptr;
      Judge(baseline, anchor, judge, flag_below, work);
    }
  }
  SortForReading(cells);
  DescribeControls(cells, model);
  FillRecommendation(cells, sessions, model);
  std::map<std::string, VerdictKind> quality;
  for (Work& work : cells) {
    if (work.usable) quality[work.view.record.cell_id] = work.quality.kind;
    model.cells.push_back(std::move(work.view));
  }
  AdviseExperts(quality, model);
  return model;
}

}  // namespace

SweepView Analyse(const SweepRows& rows, const History& history) {
  SessionsById sessions;
  for (const SessionRecord& session : rows.sessions) sessions.emplace(session.id, &session);
  DataById data;
  for (const CellRecord& cell : rows.cells) data[cell.cell_id].record = &cell;
  for (const TrialRecord& trial : rows.trials) {
    const auto session = sessions.find(trial.session_id);
    const bool rerun = session != sessions.end() && session->second->rerun;
    CellData& cell = data[trial.cell_id];
    (rerun ? cell.rerun : cell.trials).push_back(&trial);
  }
  for (const AnswerRecord& answer : rows.answers) data[answer.cell_id].answers.push_back(&answer);
  for (auto& [id, cell] : data) LeaveOutDisturbed(cell);
  SweepView view;
  view.judge = AddBeside(rows, data);
  view.sweep = rows.sweep;
  view.sessions = rows.sessions;
  view.prompts = rows.prompts;
  view.flag_below = FlagBelow(rows.sweep.config_json);
  for (const ModelRecord& model : rows.models) {
    view.models.push_back(AnalyseModel(model, data, rows, sessions, view.judge, view.flag_below));
  }
  JudgeAgainstPast(rows, data, history, view);
  FillTrends(rows, history, view);
  for (const ModelView& model : view.models) {
    for (const CellView& cell : model.cells) Count(cell, view);
  }
  return view;
}

SweepView Analyse(const Store& store, int64_t sweep_id) {
  return Analyse(store.ReadSweep(sweep_id), ReadHistory(store, sweep_id));
}

}  // namespace moebench
