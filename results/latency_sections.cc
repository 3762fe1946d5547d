#include "results/latency_sections.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "results/report_cells.h"
#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

constexpr size_t kLinesInChart = 6;
constexpr size_t kBarsInChart = 16;

// "209.8 [205.1, 214.9], n=6" as a value and, beneath it, its spread.
TableEntry Entry(const std::string& text, bool best = false) {
  const size_t bracket = text.find(" [");
  if (bracket == std::string::npos) return {text, "", best};
  return {text.substr(0, bracket), text.substr(bracket + 1), best};
}

TableEntry TimesEntry(const LatencyView& times) {
  if (times.n == 0) return {kNotMeasured, "", false};
  std::string more;
  if (times.p90 > 0) more += "p90 " + Figure(times.p90) + ", ";
  if (times.p99 > 0) more += "p99 " + Figure(times.p99) + ", ";
  return {"p50 " + Figure(times.p50), fmt::format("{}n={}", more, times.n), false};
}

std::string PercentileName(double percentile) { return fmt::format("p{:g}", percentile); }

std::optional<ReportChart> TimesChart(const ModelView& model) {
  ReportChart chart{.kind = ReportChart::Kind::kLines,
                    .scale = ReportChart::Scale::kLog,
                    .caption =
                        "Time between tokens by percentile: half of all tokens came within p50, 99 "
                        "of 100 within p99. A line that rises steeply at its right end stutters.",
                    .x_title = "Share of tokens that came within this time",
                    .y_title = "Between tokens, ms"};
  const std::vector<const CellView*> cells = KeyCells(model, kLinesInChart);
  const CellView* longest = nullptr;
  for (const CellView* cell : cells) {
    const size_t points = cell->token_times.curve.size();
    if (points > 1 && (!longest || points > longest->token_times.curve.size())) longest = cell;
  }
  if (!longest) return std::nullopt;
  std::vector<double> places;
  for (const auto& [percentile, ms] : longest->token_times.curve) {
    places.push_back(percentile);
    chart.x.push_back(PercentileName(percentile));
  }
  for (const CellView* cell : cells) {
    ChartSeries series{ShortName(*cell, BaselineOf(model)), std::vector<ChartValue>(places.size())};
    for (const auto& [percentile, ms] : cell->token_times.curve) {
      const auto at = std::find(places.begin(), places.end(), percentile);
      // A pass of several tokens gives all but its first at once: nothing to show on a log scale.
      if (at == places.end() || !(ms > 0)) continue;
      ChartValue& value = series.values[static_cast<size_t>(at - places.begin())];
      value.v = ms;
      value.text = fmt::format("{}: {} of tokens within {} ms, n={}", series.name,
                               Percent(percentile / 100), Figure(ms), cell->token_times.n);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

ReportSection TimesSection(const ModelView& model) {
  ReportSection section{
      .title = "Latency",
      .caption =
          "Prefill: median and 95 % interval of n trials. First token: of n trials, each the "
          "median over its prompts. Between tokens: of all n tokens. p90 needs at least 10 "
          "samples, p99 at least 100.",
      .table = {.head = {"setting", "prefill, tokens/s", "first token, ms", "between tokens, ms"},
                .rows = {}},
      .chart = TimesChart(model)};
  for (const CellView& cell : model.cells) {
    if (cell.decode_tps.n <= 0) continue;
    section.table.rows.push_back({cell.label,
                                  {Entry(SpeedInWords(cell, cell.prefill_tps)),
                                   TimesEntry(cell.ttft_times), TimesEntry(cell.token_times)}});
  }
  return section;
}

std::optional<ReportChart> BandwidthChart(const ModelView& model) {
  ReportChart chart{
      .kind = ReportChart::Kind::kBars,
      .scale = ReportChart::Scale::kPercent,
      .caption =
          "Share of the measured read bandwidth that decoding used. Near 100 % only fewer "
          "bytes make it faster; far below, something else takes the time.",
      .x_title = "",
      .y_title = "Of the bound",
      .level_name = "Measured bound",
      .level = 1};
  ChartSeries memory{"Memory", {}}, cache{"Cache", {}};
  for (const CellView* cell : KeyCells(model, kBarsInChart)) {
    if (cell->bound.empty()) continue;
    chart.x.push_back(ShortName(*cell, BaselineOf(model)));
    ChartValue value{.v = cell->bandwidth_fraction};
    value.text = fmt::format("{}: {} GB/s, {}", cell->label, Figure(cell->bandwidth_gbps),
                             BandwidthShare(*cell));
    const bool in_memory = cell->bound == "memory";
    memory.values.push_back(in_memory ? value : ChartValue{});
    cache.values.push_back(in_memory ? ChartValue{} : value);
  }
  if (chart.x.empty()) return std::nullopt;
  const auto used = [](const ChartSeries& series) {
    return std::any_of(series.values.begin(), series.values.end(),
                       [](const ChartValue& value) { return std::isfinite(value.v); });
  };
  if (used(memory)) chart.series.push_back(memory);
  if (used(cache)) chart.series.push_back(cache);
  return chart;
}

std::string SpeedBound(const CellView& cell) {
  const double bound = cell.record.max_speedup;
  return bound > 0 ? fmt::format("×{:.2f}", bound) : "not known";
}

std::string SmallestChange(const CellView* baseline, const CellView& cell) {
  if (&cell == baseline) return "baseline";
  if (cell.min_detectable <= 0) return kNotMeasured;
  return cell.min_detectable < 1 ? Percent(cell.min_detectable) : "none";
}

// Why joules were not counted, where no cell has any; each reason once.
std::vector<std::string> WhyNoEnergy(const ModelView& model) {
  std::vector<std::string> reasons;
  for (const CellView& cell : model.cells) {
    if (cell.joules_per_token) return {};
    if (cell.decode_tps.n <= 0) continue;
    const std::string reason = EnergyInWords(cell);
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
      reasons.push_back(reason);
    }
  }
  return reasons;
}

ReportSection BandwidthSection(const ModelView& model) {
  const std::vector<std::string> no_energy = WhyNoEnergy(model);
  ReportSection section{
      .title = "Bandwidth, bounds, energy",
      .caption =
          "Read: bytes per token times tokens per second. Speed bound: the most that fewer bytes "
          "allow over the baseline. Smallest change: what this many trials could have shown. "
          "Energy: of all packages over the tokens generated.",
      .table = {.head = {"setting", "read, GB/s", "of the bound", "speed bound", "smallest change",
                         "processes"},
                .rows = {}},
      .chart = BandwidthChart(model)};
  if (no_energy.empty()) {
    section.table.head.push_back("energy, J/token");
  } else {
    section.notes.push_back(fmt::format("Energy: {}.", fmt::join(no_energy, "; ")));
  }
  for (const CellView& cell : model.cells) {
    if (cell.decode_tps.n <= 0) continue;
    TextTable::Row row{cell.label,
                       {Entry(OrNotMeasured(cell.bandwidth_gbps, "")), Entry(BandwidthShare(cell)),
                        Entry(SpeedBound(cell)), Entry(SmallestChange(BaselineOf(model), cell))}};
    row.entries.push_back({std::to_string(cell.sessions),
                           cell.unstable_trials > 0 ? fmt::format("{} of {} trials disturbed",
                                                                  cell.unstable_trials, cell.trials)
                                                    : fmt::format("{} trials", cell.trials),
                           false});
    if (no_energy.empty()) row.entries.push_back(Entry(EnergyInWords(cell)));
    section.table.rows.push_back(std::move(row));
  }
  return section;
}

}  // namespace

std::string PercentilesInWords(const LatencyView& times) {
  const TableEntry entry = TimesEntry(times);
  return entry.note.empty() ? entry.value : entry.value + ", " + entry.note;
}

std::vector<ReportSection> LatencySections(const ModelView& model) {
  return {TimesSection(model), BandwidthSection(model)};
}

}  // namespace moebench
