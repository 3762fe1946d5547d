#include "results/answer_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/stats/quality.h"
#include "results/report_cells.h"
#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

constexpr size_t kSettingsInChart = 5;

QualityView AsQuality(const CategoryScore& c) {
  QualityView q;
  const Estimate interval = WilsonInterval(c.score * c.n, c.n);
  q.score = c.score;
  q.score_lo = interval.lo;
  q.score_hi = interval.hi;
  q.n = c.n;
  return q;
}

TableEntry ScoreEntry(const CategoryScore& c) {
  if (c.n <= 0) return {kNotMeasured, "", false};
  const std::string text = Score(AsQuality(c));
  const size_t bracket = text.find(" [");
  return {text.substr(0, bracket), text.substr(bracket + 1), false};
}

// Names in order of first appearance over all cells.
template <typename List, typename NameOf>
std::vector<std::string> NamesOf(const ModelView& model, List list, NameOf name_of) {
  std::vector<std::string> names;
  for (const CellView& cell : model.cells) {
    for (const auto& item : cell.*list) {
      const std::string& name = name_of(item);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::optional<ReportChart> DomainChart(const ModelView& model,
                                       const std::vector<std::string>& names) {
  ReportChart chart{.scale = ReportChart::Scale::kPercent,
                    .caption =
                        "Share of the score reached in each domain; whiskers are 95 % "
                        "intervals. A domain that falls first is where fewer experts hurt.",
                    .x_title = "",
                    .y_title = "Score",
                    .x = names};
  for (const CellView* cell : KeyCells(model, kSettingsInChart)) {
    if (cell->categories.empty()) continue;
    ChartSeries series{ShortName(*cell, BaselineOf(model)), std::vector<ChartValue>(names.size())};
    for (const CategoryScore& c : cell->categories) {
      if (c.n <= 0) continue;
      const auto at = std::find(names.begin(), names.end(), c.category) - names.begin();
      const QualityView q = AsQuality(c);
      series.values[static_cast<size_t>(at)] = {
          q.score, q.score_lo, q.score_hi,
          fmt::format("{}, {}: {}", series.name, c.category, Score(q)), false};
    }
    chart.series.push_back(std::move(series));
  }
  return chart.series.empty() ? std::nullopt : std::optional(chart);
}

ReportSection DomainSection(const ModelView& model) {
  ReportSection section{.title = "Quality by domain",
                        .caption = "Share of the score reached, 95 % interval, n items.",
                        .table = {}};
  const std::vector<std::string> names =
      NamesOf(model, &CellView::categories,
              [](const CategoryScore& c) -> const std::string& { return c.category; });
  if (names.empty()) return section;
  section.chart = DomainChart(model, names);
  section.table.head = {"setting"};
  section.table.head.insert(section.table.head.end(), names.begin(), names.end());
  for (const CellView& cell : model.cells) {
    if (cell.categories.empty()) continue;
    TextTable::Row row{cell.label,
                       std::vector<TableEntry>(names.size(), {kNotMeasured, "", false})};
    for (const CategoryScore& c : cell.categories) {
      const auto at = std::find(names.begin(), names.end(), c.category) - names.begin();
      row.entries[static_cast<size_t>(at)] = ScoreEntry(c);
    }
    section.table.rows.push_back(std::move(row));
  }
  return section;
}

ReportSection SignSection(const ModelView& model) {
  ReportSection section{
      .title = "Signs of sickness in the answers",
      .caption =
          "Answers that were cut off, are empty, loop, deflate better than 99 of 100 of the "
          "baseline's, end within a sentence or with an open code block or JSON, repeat the "
          "prompt, change the script, or get facts or instructions wrong (items of these "
          "categories). "
          "An answer may show several.",
      .table = {}};
  const std::vector<std::string> names = NamesOf(
      model, &CellView::signs, [](const SignCount& s) -> const std::string& { return s.sign; });
  if (names.empty()) return section;
  section.table.head = {"setting"};
  for (std::string name : names) {
    std::replace(name.begin(), name.end(), '_', ' ');
    section.table.head.push_back(name);
  }
  for (const CellView& cell : model.cells) {
    if (cell.signs.empty()) continue;
    TextTable::Row row{cell.label, std::vector<TableEntry>(names.size())};
    for (const SignCount& s : cell.signs) {
      const auto at = std::find(names.begin(), names.end(), s.sign) - names.begin();
      row.entries[static_cast<size_t>(at)].value = std::to_string(s.answers);
    }
    section.table.rows.push_back(std::move(row));
  }
  return section;
}

}  // namespace

std::vector<ReportSection> AnswerSections(const ModelView& model) {
  return {DomainSection(model), SignSection(model)};
}

}  // namespace moebench
