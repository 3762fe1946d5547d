#include "results/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "harness/stats/confirm.h"
#include "harness/stats/verdict.h"
#include "results/cell_beside.h"
#include "results/cell_figures.h"
#include "results/cell_numa.h"
#include "results/cell_quality.h"
#include "results/cell_signs.h"
#include "results/cell_speculation.h"
#include "results/judge_past.h"
#include "results/model_facts.h"
#include "results/recommend.h"
#include "results/trends.h"

namespace moebench {
namespace {

// A cell on its way from rows to view.
struct Work {
  CellData data;
  CellView view;
  Verdict speed, quality;
  bool usable = false;  // has figures that may be used
};

std::string StatusText(const CellRecord& record) {
  const std::string word = StatusWord(record.status);
  return record.reason.empty() ? word : fmt::format("{}({})", word, record.reason);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);  // npos + 1 = 0
}

void Refuse(Status status, const std::string& reason, Work& work) {
  CellView empty;
  empty.record = work.view.record;
  empty.record.status = status;
  empty.record.reason = reason;
  empty.label = work.view.label;
  empty.model_name = work.view.model_name;
  empty.status = StatusText(empty.record);
  work.view = std::move(empty);
  work.usable = false;
}

Work StartWork(CellData data, const SessionsById& sessions, const ModelRecord& model) {
  Work work;
  work.data = std::move(data);
  const CellRecord& record = *work.data.record;
  CellView& view = work.view;
  view.record = record;
  view.label = CellLabel(record.cell);
  view.model_name = NameOf(model.path);
  view.status = StatusText(record);
  const bool has_rows = !work.data.trials.empty() || !work.data.answers.empty();
  if (!has_rows || (record.status != Status::kOk && record.status != Status::kPlanned)) {
    return work;
  }
  work.usable = true;
  const ReadBound bounds =  // of all copies of the weights
      BoundsOf(work.data, sessions, record.cell.instances * WeightBytes(model.facts_json));
  FillFigures(work.data, bounds, view);
  FillNuma(work.data, sessions, view);
  view.disturbed = DisturbedInWords(work.data);
  FillScores(work.data, view);
  std::string refusal = TwoEnginesReason(work.data, sessions);
  if (refusal.empty()) refusal = RefusalOf(work.data, bounds, view);
  if (!refusal.empty()) Refuse(Status::kInvalid, refusal, work);
  const std::string lossy = ParityRefusal(work.data);
  if (!lossy.empty()) Refuse(Status::kFailed, lossy, work);
  return work;
}

bool SameGroup(const Cell& a, const Cell& b) {
  return a.runner == b.runner && a.placement == b.placement && a.threads == b.threads &&
         a.instances == b.instances;
}

const Work* BaselineOf(const std::vector<Work>& cells, const Cell& cell) {
  for (const Work& work : cells) {
    const Cell& other = work.view.record.cell;
    if (other.baseline && other.control == 0 && other.runner == cell.runner) return &work;
  }
  return nullptr;
}

// The k0 cell with plain decoding that shares the cell's placement and threads: what S_max is
// relative to.
const Work* AnchorOf(const std::vector<Work>& cells, const Cell& cell, int k0) {
  for (const Work& work : cells) {
    const Cell& other = work.view.record.cell;
    if (other.k == k0 && other.decoding == "plain" && other.control == 0 &&
        SameGroup(other, cell) && work.usable) {
      return &work;
    }
  }
  return nullptr;
}

// A cell that is faster than its bytes allow loses its figures. Done for all cells before any is
// compared, so that no verdict leans on a refused one.
void RefuseImpossibleSpeeds(std::vector<Work>& cells) {
  for (Work& work : cells) {
    const Cell& cell = work.view.record.cell;
    const Work* baseline = BaselineOf(cells, cell);
    if (!work.usable || !baseline || cell.decoding != "plain") continue;
    const Work* anchor = AnchorOf(cells, cell, baseline->view.record.cell.k);
    if (!anchor || anchor == &work) continue;
    // A neighbour that took time from one of the two made the ratio, not the setting.
    if (!work.data.stable || !anchor->data.stable) continue;
    const SpeedRatio over_k0 = DecodeRatio(work.data, anchor->data);
    const std::string refusal = FasterThanBytesAllow(over_k0, work.view.record.max_speedup);
    if (!refusal.empty()) Refuse(Status::kInvalid, refusal, work);
  }
}

void AddSpeculation(const std::vector<Work>& cells, const SweepRows& rows, int n_experts,
                    Work& work) {
  const Cell& cell = work.view.record.cell;
  const Work* plain = AnchorOf(cells, cell, cell.k);  // plain decoding at the cell's own k
  FillSpeculation(work.data, plain ? &plain->data : nullptr, rows, n_experts, work.view);
}

void SetVerdict(const Verdict& verdict, CellView& view) {
  view.verdict = VerdictWord(verdict.kind);
  view.reasons = verdict.reasons;
}

// The second look at a suspect: neighbours of the re-run, cell over baseline. It can take a claim
// back, never make one.
void WeighRerun(const Work& baseline, double flag_below, Work& work) {
  std::vector<PastTrial> trials;
  for (const Work* side : {&std::as_const(work), &baseline}) {
    for (const TrialRecord* t : side->data.rerun) {
      trials.push_back({t->cell_id, t->session_id, t->order, t->DecodeTps(), /*rerun=*/true});
    }
  }
  const Confirmation again = ConfirmationOf(
      NeighbourRatios(trials, work.view.record.cell_id, baseline.view.record.cell_id));
  if (again.pairs == 0) {
    const bool claim =
        work.speed.kind == VerdictKind::kFlagged || work.speed.kind == VerdictKind::kImproved;
    if (!claim || work.data.rerun_disturbed.empty()) return;
    work.speed.kind = VerdictKind::kInconclusive;
    work.speed.reasons.push_back("not confirmed: the second look was disturbed");
    return;
  }
  const double share = kConfirmShare * (1 - flag_below);
  const bool loss = work.speed.kind == VerdictKind::kFlagged;
  RerunView& rerun = work.view.rerun;
  rerun = {
      again.pairs, again.ratio, again.lo, again.hi,
      loss ? again.ratio < 1 - share && again.hi < 1 : again.ratio > 1 + share && again.lo > 1};
  const std::string said =
      fmt::format("re-run {} over {} pairs",
                  PercentText(again.ratio - 1, again.lo - 1, again.hi - 1), again.pairs);
  if (loss && !rerun.confirmed) {
    work.speed.kind = VerdictKind::kInconclusive;
    work.speed.reasons.push_back("not confirmed: " + said);
  } else {
    work.speed.reasons.push_back((rerun.confirmed ? "confirmed: " : "") + said);
  }
}

// More experts than the model's own k0 read more bytes: that this is slower is no news, and such a
// setting was never a candidate. It is told, and leaves the exit code alone.
void MarkExpected(const Work& baseline, Work& work) {
  CellView& view = work.view;
  view.expected = view.verdict == VerdictWord(VerdictKind::kFlagged) &&
                  view.record.cell.k > baseline.view.record.cell.k &&
                  work.speed.kind == VerdictKind::kFlagged &&
                  work.quality.kind != VerdictKind::kFlagged;
  if (view.expected) view.reasons.push_back("expected: it uses more experts than the model's own");
}

Verdict UnstableVerdict(const CellData& data, const char* whose) {
  return {VerdictKind::kInconclusive,
          {fmt::format("unstable: {}{}; its tokens/s are for orientation only", whose,
                       DisturbedInWords(data))}};
}

void JudgeBaseline(const JudgeOfSweep& judge, double flag_below, Work& work) {
  CellView& view = work.view;
  FillDivergence(work.data, view);
  FillJudge(work.data, &work.data, judge, flag_below, view);
  view.speed_ratio = {1, 1, 1, view.decode_tps.n};
  SetVerdict(work.data.stable ? Verdict{} : UnstableVerdict(work.data, ""), view);
}

Verdict JudgeSpeed(const Work& baseline, const SpeedRatio& ratio, double flag_below,
                   const Work& work) {
  if (!work.data.stable) return UnstableVerdict(work.data, "");
  if (!baseline.data.stable) return UnstableVerdict(baseline.data, "of the baseline ");
  return SpeedVerdict(ratio, flag_below);
}

// Speed and quality against the baseline; what an unfinished cell, a control or a missing quality
// allows to say.
void Judge(const Work* baseline, const JudgeOfSweep& judge, double flag_below, Work& work) {
  CellView& view = work.view;
  const Cell& cell = view.record.cell;
  const bool comparable = baseline && baseline->usable;
  const bool same_k = baseline && cell.k == baseline->view.record.cell.k;
  const SpeedRatio ratio = comparable ? DecodeRatio(work.data, baseline->data) : SpeedRatio{};
  view.speed_ratio = {ratio.ratio, ratio.lo, ratio.hi, ratio.n};
  view.min_detectable = ratio.min_detectable;
  work.speed =
      comparable ? JudgeSpeed(*baseline, ratio, flag_below, work) : SpeedVerdict(ratio, flag_below);
  if (comparable && work.data.stable && baseline->data.stable) {
    WeighRerun(*baseline, flag_below, work);
  }
  WeighGuessing(work.data, view, work.speed);
  std::vector<Verdict> parts = {work.speed};
  const bool graded = comparable && baseline->view.quality.n > 0;
  Verdict graders{VerdictKind::kInconclusive, {"quality not measured"}};
  if (graded) graders = CompareQuality(work.data, baseline->data, same_k, flag_below, view);
  const Verdict judged =
      FillJudge(work.data, comparable ? &baseline->data : nullptr, judge, flag_below, view);
  work.quality = WeighQuality(graders, graded ? view.quality.n : 0, FillDivergence(work.data, view),
                              judged, view);
  parts.push_back(work.quality);
  if (!graded && same_k && work.quality.kind == VerdictKind::kInconclusive) {
    parts.back().kind = VerdictKind::kOk;
  }
  view.quality_reasons = work.quality.reasons;
  Verdict verdict = Combine(parts);
  if (view.record.status == Status::kPlanned) {
    verdict.kind = VerdictKind::kInconclusive;
    verdict.reasons.insert(verdict.reasons.begin(), "not finished; --resume runs the rest");
  } else if (cell.control > 0 &&
             (verdict.kind == VerdictKind::kFlagged || verdict.kind == VerdictKind::kImproved)) {
    verdict.kind = VerdictKind::kInconclusive;
    verdict.reasons.insert(verdict.reasons.begin(),
                           "A/A control: the same setting differs from itself, this machine is too "
                           "noisy tonight");
  }
  SetVerdict(verdict, view);
  if (comparable) MarkExpected(*baseline, work);
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
  std::vector<Candidate> candidates;
  double noise = 1;
  for (const Work& work : cells) {
    const Cell& cell = work.view.record.cell;
    if (!work.usable) continue;
    if (cell.control > 0) {
      noise = std::max(noise, work.view.speed_ratio.hi);
      continue;
    }
    if (work.view.record.status != Status::kOk && &work.view != baseline) continue;
    candidates.push_back({.view = &work.view,
                          .speed_ok = work.speed.kind == VerdictKind::kOk ||
                                      work.speed.kind == VerdictKind::kImproved,
                          .quality_ok = work.quality.kind == VerdictKind::kOk ||
                                        work.quality.kind == VerdictKind::kImproved,
                          .lossy = !baseline || cell.k != baseline->record.cell.k,
                          .places = PlacesOf(work.data, sessions)});
  }
  model.recommendation = Recommend(candidates, baseline, model.record, noise);
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
      Judge(baseline, judge, flag_below, work);
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
