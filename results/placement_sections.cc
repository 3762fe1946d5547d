#include "results/placement_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

constexpr size_t kMostColumns = 8;  // thread counts; of more, each has rows of its own

std::string ThreadsName(int threads) {
  return fmt::format("{} {}", threads, threads == 1 ? "thread" : "threads");
}

// What several texts at once have is no speed of one: results/throughput_section.h.
bool IsPlain(const CellView& view) {
  const Cell& cell = view.record.cell;
  return cell.decoding == "plain" && cell.control == 0 && cell.instances == 1;
}

TableEntry EntryOf(const ModelView& model, const CellView& cell) {
  TableEntry entry;
  entry.best = &cell == RecommendedOf(model);
  if (cell.decode_tps.n == 0) {
    entry.value = VerdictWord(cell);
    const std::vector<std::string> reasons = VerdictReasons(cell);
    if (!reasons.empty()) entry.note = reasons.front();
    return entry;
  }
  entry.value = SpeedInWords(cell, cell.decode_tps);
  entry.note = fmt::format("{}, {}", SpeedAgainst(BaselineOf(model), cell), VerdictWord(cell));
  return entry;
}

std::optional<ReportChart> ChartOf(const ModelView& model, const std::set<int>& threads) {
  const CellView* baseline = BaselineOf(model);
  if (!baseline) return std::nullopt;
  ReportChart chart{.caption = fmt::format("Plain decoding with k={}, by placement and threads. "
                                           "Bars are medians, whiskers 95 % intervals.",
                                           baseline->record.cell.k),
                    .x_title = "",
                    .y_title = "Decode, tokens/s"};
  std::map<int, std::map<std::string, ChartValue>> by_threads;
  for (const CellView& view : model.cells) {
    const Cell& cell = view.record.cell;
    if (!IsPlain(view) || cell.k != baseline->record.cell.k || view.decode_tps.n == 0) continue;
    if (std::find(chart.x.begin(), chart.x.end(), cell.placement) == chart.x.end()) {
      chart.x.push_back(cell.placement);
    }
    by_threads[cell.threads][cell.placement] = {
        view.decode_tps.median, view.decode_tps.lo, view.decode_tps.hi,
        fmt::format("{}: {} tokens/s", view.label, SpeedInWords(view, view.decode_tps)), false};
  }
  for (const int count : threads) {
    ChartSeries series{ThreadsName(count), {}};
    for (const std::string& placement : chart.x) {
      series.values.push_back(by_threads[count][placement]);
    }
    chart.series.push_back(std::move(series));
  }
  return chart.x.empty() ? std::nullopt : std::optional(chart);
}

}  // namespace

std::vector<ReportSection> PlacementSections(const ModelView& model) {
  std::set<int> threads;
  std::set<std::string> placements;
  for (const CellView& view : model.cells) {
    if (!IsPlain(view)) continue;
    threads.insert(view.record.cell.threads);
    placements.insert(view.record.cell.placement);
  }
  if (threads.size() < 2 && placements.size() < 2) return {};
  ReportSection section{
      .title = "Placement and threads",
      .caption =
          "Decode tokens/s of plain decoding, median [95 % interval]; factor and verdict are "
          "against the baseline.",
      .table = {.head = {"experts and placement"}, .rows = {}},
      .chart = std::nullopt};
  const bool columns = threads.size() <= kMostColumns;
  if (columns) {
    section.chart = ChartOf(model, threads);
    for (const int count : threads) section.table.head.push_back(ThreadsName(count));
  } else {
    section.table.head.push_back("decode, tokens/s");
  }
  std::map<std::string, size_t> row_of;
  for (const CellView& view : model.cells) {
    if (!IsPlain(view)) continue;
    const Cell& cell = view.record.cell;
    std::string label = RoutingName(cell) + ' ' + cell.placement;
    if (!columns) label += ", " + ThreadsName(cell.threads);
    const auto [at, fresh] = row_of.emplace(label, section.table.rows.size());
    if (fresh)
      section.table.rows.push_back({label, std::vector<TableEntry>(section.table.head.size() - 1)});
    const auto column =
        columns ? std::distance(threads.begin(), threads.find(cell.threads)) : std::ptrdiff_t{0};
    section.table.rows[at->second].entries[static_cast<size_t>(column)] = EntryOf(model, view);
  }
  return {section};
}

}  // namespace moebench
