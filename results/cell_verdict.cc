#include "results/cell_verdict.h"

#include <fmt/format.h>

#include <utility>

#include "harness/stats/confirm.h"
#include "results/cell_beside.h"
#include "results/cell_quality.h"
#include "results/cell_speculation.h"
#include "results/night_series.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

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

Verdict JudgeSpeed(const Work& baseline, const SpeedRatio& ratio, double flag_below,
                   const Work& work) {
  if (!work.data.stable) return UnstableVerdict(work.data, "");
  if (!work.doubt.empty()) return {VerdictKind::kInconclusive, {work.doubt}};
  if (!baseline.data.stable) return UnstableVerdict(baseline.data, "of the baseline ");
  return SpeedVerdict(ratio, flag_below);
}

// The speed of several instances is that of all texts together, which its reasons must say, and
// what each text has of it; and what is left of it beside as many instances of k0.
//   anchor  k0 with plain decoding and as many instances; may be null
void TellInstances(const Work& baseline, const Work* anchor, Work& work) {
  CellView& view = work.view;
  if (view.record.cell.instances < 2) return;
  NameTexts(view.record.cell, work.speed.reasons);
  const std::string own = OwnRatioInWords(view, &baseline.view);
  if (!own.empty()) work.speed.reasons.push_back("each text " + own + " of the baseline's speed");
  const bool comparable = anchor && anchor != &work && work.data.stable && anchor->data.stable;
  if (!comparable) return;
  const SpeedRatio ratio = DecodeRatio(work.data, anchor->data);
  view.over_own_k0 = {ratio.ratio, ratio.lo, ratio.hi, ratio.n};
  if (ratio.n < 2) return;
  work.speed.reasons.push_back(
      fmt::format("beside {} plain with as many at once {}", RoutingName(anchor->view.record.cell),
                  PercentText(ratio.ratio - 1, ratio.lo - 1, ratio.hi - 1)));
}

}  // namespace

void JudgeBaseline(const JudgeOfSweep& judge, double flag_below, Work& work) {
  CellView& view = work.view;
  FillDivergence(work.data, view);
  FillJudge(work.data, &work.data, judge, flag_below, view);
  view.speed_ratio = {1, 1, 1, view.decode_tps.n};
  SetVerdict(work.data.stable ? Verdict{} : UnstableVerdict(work.data, ""), view);
}

void Judge(const Work* baseline, const Work* anchor, const JudgeOfSweep& judge, double flag_below,
           Work& work) {
  CellView& view = work.view;
  const Cell& cell = view.record.cell;
  const bool comparable = baseline && baseline->usable;
  const bool same_k = baseline && cell.k == baseline->view.record.cell.k;
  const SpeedRatio ratio = comparable ? DecodeRatio(work.data, baseline->data) : SpeedRatio{};
  view.speed_ratio = {ratio.ratio, ratio.lo, ratio.hi, ratio.n};
  view.min_detectable = ratio.min_detectable;
  work.speed =
      comparable ? JudgeSpeed(*baseline, ratio, flag_below, work) : SpeedVerdict(ratio, flag_below);
  if (comparable) TellInstances(*baseline, anchor, work);
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

}  // namespace moebench
