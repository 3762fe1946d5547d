#include "results/cell_work.h"

#include <fmt/format.h>

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
    if (!refusal.empty()) Refuse(Status::kInvalid, refusal, work);
  }
}

}  // namespace moebench
