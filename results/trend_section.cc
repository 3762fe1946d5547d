#include "results/trend_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report_figures.h"

namespace moebench {
namespace {

constexpr size_t kNightsInTable = 30;

// "2026-11-22T01:00:00Z" -> "2026-11-22"; anything else as it is.
std::string Day(const std::string& stamp) {
  return stamp.size() == 20 && stamp[10] == 'T' ? stamp.substr(0, 10) : stamp;
}

std::string NightName(const TrendPoint& point) {
  return fmt::format("{} · {}", Day(point.started), point.sweep_id);
}

std::string ChangeInWords(const TrendPoint& point) {
  return fmt::format("changed for good: {} from here on", SignedPercent(point.change_ratio - 1));
}

TableEntry EntryOf(const TrendPoint& point) {
  if (point.processes == 0) return {kNotMeasured, "", false};
  std::string note;
  if (point.processes > 1) {
    note =
        fmt::format("{} to {}, {} processes", Figure(point.lo), Figure(point.hi), point.processes);
  } else {
    note = "one process";
  }
  if (point.change_ratio > 0) note += "; " + ChangeInWords(point);
  return {Figure(point.decode_tps), note, false};
}

ChartValue ValueOf(const TrendView& trend, const TrendPoint& point) {
  ChartValue value;
  if (point.processes == 0) return value;
  value.v = point.decode_tps;
  value.lo = point.lo;
  value.hi = point.hi;
  value.marked = point.change_ratio > 0;
  value.text = fmt::format("{}, {}: {} tokens/s{}{}", trend.label, NightName(point),
                           Figure(point.decode_tps), value.marked ? "; " : "",
                           value.marked ? ChangeInWords(point) : "");
  return value;
}

}  // namespace

ReportSection TrendSection(const ModelView& model) {
  ReportSection section{
      .title = "Over the nights",
      .caption =
          "Decode tokens/s of the sweeps with tonight's machine state and suite: median of "
          "the worker processes, and one standard deviation of them.",
      .table = {}};
  if (model.trends.empty() || model.trends.front().nights.size() < 2) return section;
  const std::vector<TrendPoint>& nights = model.trends.front().nights;
  ReportChart chart{.kind = ReportChart::Kind::kLines,
                    .scale = ReportChart::Scale::kLinear,
                    .caption =
                        "Tonight is at the right end; whiskers are one standard deviation of a "
                        "night's processes. Ringed: from there on speed changed for good "
                        "(E-divisive, p ≤ 0.001, at least 3 %).",
                    .x_title = "Night · sweep",
                    .y_title = "Decode, tokens/s"};
  for (const TrendPoint& night : nights) chart.x.push_back(NightName(night));
  section.table.head = {"night · sweep"};
  for (const TrendView& trend : model.trends) {
    section.table.head.push_back(trend.label);
    ChartSeries series{trend.label, {}};
    for (const TrendPoint& point : trend.nights) series.values.push_back(ValueOf(trend, point));
    chart.series.push_back(std::move(series));
  }
  const size_t shown = std::min(nights.size(), kNightsInTable);
  for (size_t back = 0; back < shown; ++back) {
    const size_t i = nights.size() - 1 - back;
    TextTable::Row row{NightName(nights[i]), {}};
    if (back == 0) row.label += " (tonight)";
    if (nights[i].promoted) row.label += " (accepted as the new measure)";
    for (const TrendView& trend : model.trends) row.entries.push_back(EntryOf(trend.nights[i]));
    section.table.rows.push_back(std::move(row));
  }
  section.chart = std::move(chart);
  if (shown < nights.size()) {
    section.notes.push_back(
        fmt::format("{} older nights are in the chart alone.", nights.size() - shown));
  }
  if (model.other_nights > 0) {
    section.notes.push_back(fmt::format(
        "{} of the database's sweeps had another machine state or suite and are not shown: their "
        "speeds can't be compared.",
        model.other_nights));
  }
  return section;
}

}  // namespace moebench
