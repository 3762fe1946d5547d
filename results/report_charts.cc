#include "results/report_charts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report_cells.h"
#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_sections.h"

namespace moebench {
namespace {

using nlohmann::json;

std::string KindOf(const CellView& cell, const ModelView& model) {
  if (cell.record.cell.control > 0) return "control";
  if (&cell == RecommendedOf(model)) return "recommended";
  if (&cell == BaselineOf(model)) return "baseline";
  const std::string word = VerdictWord(cell);
  return word == "flagged" || word == "improved" || word == "ok" ? word : "inconclusive";
}

json PointOf(const CellView& cell, const ModelView& model) {
  return {{"kind", KindOf(cell, model)},
          {"label", VisibleLine(cell.label)},
          {"name", VisibleLine(ShortName(cell, BaselineOf(model)))},
          {"x", cell.decode_tps.median},
          {"xlo", cell.decode_tps.lo},
          {"xhi", cell.decode_tps.hi},
          {"y", cell.quality.score},
          {"ylo", cell.quality.score_lo},
          {"yhi", cell.quality.score_hi},
          {"speed", SpeedInWords(cell, cell.decode_tps)},
          {"quality", Score(cell.quality)}};
}

json CurvePointOf(const CellView& cell, const CellView* baseline) {
  json point = {{"k", cell.record.cell.k}};
  if (&cell == baseline) {
    const json one = {{"v", 1}, {"lo", 1}, {"hi", 1}, {"text", "is the baseline"}};
    if (HasSpeed(cell)) point["speed"] = one;
    if (HasQuality(cell)) point["quality"] = one;
    return point;
  }
  const Interval& s = cell.speed_ratio;
  if (s.n > 0 && std::isfinite(s.median)) {
    point["speed"] = {{"v", s.median}, {"lo", s.lo}, {"hi", s.hi}, {"text", Factor(s)}};
  }
  const QualityView& q = cell.quality;
  if (HasScoreChange(baseline, cell)) {
    point["quality"] = {{"v", 1 + q.relative},
                        {"lo", 1 + q.lo},
                        {"hi", 1 + q.hi},
                        {"text", ScoreAgainst(baseline, cell)}};
  }
  return point;
}

const char* KindName(ReportChart::Kind kind) {
  switch (kind) {
    case ReportChart::Kind::kBars:
      return "bars";
    case ReportChart::Kind::kLines:
      return "lines";
    case ReportChart::Kind::kHeat:
      return "heat";
  }
  return "bars";
}

const char* ScaleName(ReportChart::Scale scale) {
  switch (scale) {
    case ReportChart::Scale::kLinear:
      return "linear";
    case ReportChart::Scale::kFromZero:
      return "zero";
    case ReportChart::Scale::kLog:
      return "log";
    case ReportChart::Scale::kPercent:
      return "percent";
  }
  return "linear";
}

json Shown(const std::vector<std::string>& texts) {
  json list = json::array();
  for (const std::string& text : texts) list.push_back(VisibleLine(text));
  return list;
}

// A heat map holds thousands of fields: of those only the numbers go into the page.
json SeriesOf(const ChartSeries& series, bool heat) {
  json values = json::array();
  for (const ChartValue& value : series.values) {
    if (!std::isfinite(value.v)) {
      values.push_back(nullptr);
    } else if (heat) {
      values.push_back(std::round(1e3 * value.v) / 1e3);
    } else {
      json one = {{"v", value.v}, {"tip", VisibleLine(value.text)}};
      if (std::isfinite(value.lo) && std::isfinite(value.hi)) {
        one["lo"] = value.lo;
        one["hi"] = value.hi;
      }
      if (value.marked) one["marked"] = true;
      values.push_back(std::move(one));
    }
  }
  return {{"name", VisibleLine(series.name)}, {"values", std::move(values)}};
}

json ChartOf(const ReportChart& chart) {
  json series = json::array();
  for (const ChartSeries& one : chart.series) {
    series.push_back(SeriesOf(one, chart.kind == ReportChart::Kind::kHeat));
  }
  json data = {{"kind", KindName(chart.kind)},
               {"scale", ScaleName(chart.scale)},
               {"x_title", VisibleLine(chart.x_title)},
               {"y_title", VisibleLine(chart.y_title)},
               {"x", Shown(chart.x)},
               {"series", std::move(series)}};
  if (!chart.level_name.empty()) {
    data["level"] = {{"name", VisibleLine(chart.level_name)}, {"at", chart.level}};
  }
  return data;
}

json ModelData(const ModelView& model, const SweepView& view) {
  json points = json::array(), frontier = json::array(), curve = json::array();
  const std::vector<const CellView*> charted = ChartedCells(model);
  for (const CellView* cell : charted) points.push_back(PointOf(*cell, model));
  for (const auto& [x, y] : ParetoFrontier(charted)) frontier.push_back({{"x", x}, {"y", y}});
  for (const CellView* cell : CurveCells(model)) {
    curve.push_back(CurvePointOf(*cell, BaselineOf(model)));
  }
  json charts = json::array();
  for (const ReportSection& section : SectionsOf(model, view)) {
    if (section.chart) charts.push_back(ChartOf(*section.chart));
  }
  return {{"points", points}, {"frontier", frontier}, {"curve", curve}, {"charts", charts}};
}

}  // namespace

std::string ChartDataJson(const SweepView& view) {
  json models = json::array();
  for (const ModelView& model : view.models) models.push_back(ModelData(model, view));
  const json data = {{"flag_below", view.flag_below}, {"models", models}};
  std::string out;
  for (const char c : data.dump(-1, ' ', true, json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace moebench
