#include "results/cell_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "results/cell_numa.h"
#include "results/cell_quality.h"
#include "results/cell_speculation.h"
#include "results/model_facts.h"
#include "results/store_row.h"

namespace moebench {
namespace {

std::string StatusText(const CellRecord& record) {
  const std::string word = StatusWord(record.status);
  return record.reason.empty() ? word : fmt::format("{}({})", word, record.reason);
}

bool SameGroup(const Cell& a, const Cell& b) {
  return a.runner == b.runner && a.placement == b.placement && a.threads == b.threads &&
         a.instances == b.instances;
}

// Who is doubtful if the cell is faster over the anchor than its bytes allow: neighbours only ever
// slow a trial down, so the faster of two runs of one setting is the truer one. Empty if nothing
// speaks against the anchor.
std::string DoubtOfAnchor(const std::vector<Work>& cells, const Work& anchor, const Work& work) {
  const double bound = work.view.record.max_speedup;
  const Cell& k0 = anchor.view.record.cell;
  const std::string whose = k0.baseline ? "the baseline" : anchor.view.label;
  const double over_anchor = DecodeRatio(work.data, anchor.data).ratio;
  for (const Work& copy : cells) {
    const Cell& other = copy.view.record.cell;
    const bool same = other.control > 0 && other.k == k0.k && SameGroup(other, k0);
    if (!same || !copy.usable || !copy.data.stable) continue;
    const SpeedRatio over_copy = DecodeRatio(work.data, copy.data);
    if (over_copy.n < 2 || !FasterThanBytesAllow(over_copy, bound).empty()) continue;
    return fmt::format(
        "{0} is what is doubtful: x{1:.2f} over it would be more than the bytes allow, but over "
        "its "
        "A/A copy it is x{2:.2f} [{3:.2f}, {4:.2f}]; a quiet machine settles it",
        whose, over_anchor, over_copy.ratio, over_copy.lo, over_copy.hi);
  }
  if (anchor.data.disturbed.empty()) return "";
  double fastest = 0;
  for (const TrialRecord* trial : anchor.data.trials) {
    fastest = std::max(fastest, trial->DecodeTps());
  }
  if (!(fastest > 0)) return "";
  SpeedRatio over_best;
  over_best.ratio = work.view.decode_tps.median / fastest;
  over_best.lo = work.view.decode_tps.lo / fastest;
  over_best.n = work.view.decode_tps.n;
  if (!FasterThanBytesAllow(over_best, bound).empty()) return "";
  return fmt::format(
      "{} is what is doubtful: {}, and x{:.2f} over it would be more than the bytes allow, over "
      "its "
      "best trial it is x{:.2f}; a quiet machine settles it",
      whose, DisturbedInWords(anchor.data), over_anchor, over_best.ratio);
}

}  // namespace

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

const Work* BaselineOf(const std::vector<Work>& cells, const Cell& cell) {
  for (const Work& work : cells) {
    const Cell& other = work.view.record.cell;
    if (other.baseline && other.control == 0 && other.runner == cell.runner) return &work;
  }
  return nullptr;
}

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
    if (refusal.empty()) continue;
    work.doubt = DoubtOfAnchor(cells, *anchor, work);
    if (work.doubt.empty()) Refuse(Status::kInvalid, refusal, work);
  }
}

}  // namespace moebench
