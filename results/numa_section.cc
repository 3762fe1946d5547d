#include "results/numa_section.h"

#include <fmt/format.h>

#include <vector>

#include "results/forecast_section.h"
#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

std::string InWhole(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string BytesText(const CellView& view) {
  if (view.bytes_per_token <= 0) return kNotMeasured;
  return fmt::format("{:.4g} MB", 1e-6 * view.bytes_per_token);
}

std::vector<TableEntry> EntriesOf(const ModelView& model, const CellView& view) {
  const NumaView& numa = view.numa;
  const auto share = [](const std::optional<double>& s) {
    return s ? InWhole(*s) : std::string(kNotMeasured);
  };
  const std::string each = InstancesInWords(view);
  std::vector<TableEntry> entries = {
      {SpeedInWords(view, view.decode_tps), each, &view == RecommendedOf(model)},
      {BytesText(view)},
      {view.bandwidth_gbps > 0 ? fmt::format("{:.1f}", view.bandwidth_gbps)
                               : std::string(kNotMeasured),
       view.bound.empty() ? "" : BandwidthShare(view)},
      {share(numa.wait), numa.wait_most ? fmt::format("{} at most", InWhole(*numa.wait_most)) : ""},
      {share(numa.remote_share)},
      {numa.bound.word.empty() ? std::string(kNotMeasured) : numa.bound.word, numa.bound.why}};
  if (!model.forecasts.empty()) {
    const ForecastView* f = ForecastOf(model, view.record.cell);
    entries.push_back({f ? InWhole(f->remote_share) + " remote" : std::string("none"),
                       f ? InWhole(f->efficiency) + " of the nodes' bandwidth" : ""});
  }
  return entries;
}

}  // namespace

ReportSection NumaSection(const ModelView& model) {
  ReportSection section{
      .title = "What bounds it",
      .caption =
          "Plain decoding. Bytes are those a token reads, from the experts that ran. Waiting is "
          "the "
          "share of the threads' time at barriers, mean and most of one. From other nodes: weights "
          "that lie on another node than the thread that reads them. The bound is the largest of "
          "reading at the probe's speed, waiting and the rest, if it is ahead by a tenth of the "
          "time.",
      .table = {.head = {"setting", "decode tokens/s", "bytes a token", "GB/s", "waiting",
                         "from other nodes", "bound"},
                .rows = {}}};
  if (!model.forecasts.empty()) section.table.head.push_back("forecast");
  for (const CellView& view : model.cells) {
    const bool told = !view.numa.bound.word.empty();
    if (!IsPlainSetting(view) || view.decode_tps.n == 0 || !told) continue;
    section.table.rows.push_back(
        {RoutingName(view.record.cell) + ' ' + PlaceInWords(view.record.cell),
         EntriesOf(model, view)});
  }
  const std::string winner = WinnerInWords(model);
  if (!winner.empty()) section.notes.push_back(winner);
  return section;
}

}  // namespace moebench
