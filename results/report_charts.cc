#include "results/report_charts.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

using nlohmann::json;

bool HasSpeed(const CellView& c) {
  return c.decode_tps.n > 0 && std::isfinite(c.decode_tps.median) &&
         std::isfinite(c.decode_tps.lo) && std::isfinite(c.decode_tps.hi);
}

bool HasQuality(const CellView& c) {
  const QualityView& q = c.quality;
  return q.n > 0 && std::isfinite(q.score) && std::isfinite(q.score_lo) &&
         std::isfinite(q.score_hi);
}

// What tells the cell from the baseline, k always: "k=4", "k=4 lookup".
std::string ShortName(const CellView& view, const CellView* baseline) {
  const Cell& cell = view.record.cell;
  std::string name = RoutingName(cell);
  if (baseline == nullptr) return name;
  if (&view == baseline) return name + ", baseline";
  const Cell& base = baseline->record.cell;
  if (cell.decoding != base.decoding) name += ' ' + cell.decoding;
  if (cell.placement != base.placement) name += ' ' + cell.placement;
  if (cell.threads != base.threads) name += " t=" + std::to_string(cell.threads);
  return VisibleLine(name);
}

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
          {"name", ShortName(cell, BaselineOf(model))},
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

json ModelData(const ModelView& model) {
  json points = json::array(), frontier = json::array(), curve = json::array();
  const std::vector<const CellView*> charted = ChartedCells(model);
  for (const CellView* cell : charted) points.push_back(PointOf(*cell, model));
  for (const auto& [x, y] : ParetoFrontier(charted)) frontier.push_back({{"x", x}, {"y", y}});
  for (const CellView* cell : CurveCells(model)) {
    curve.push_back(CurvePointOf(*cell, BaselineOf(model)));
  }
  return {{"points", points}, {"frontier", frontier}, {"curve", curve}};
}

}  // namespace

std::vector<const CellView*> ChartedCells(const ModelView& model) {
  std::vector<const CellView*> cells;
  for (const CellView& cell : model.cells) {
    if (HasSpeed(cell) && HasQuality(cell)) cells.push_back(&cell);
  }
  return cells;
}

std::vector<const CellView*> CurveCells(const ModelView& model) {
  const CellView* baseline = BaselineOf(model);
  std::vector<const CellView*> cells;
  if (baseline == nullptr) return cells;
  const Cell& base = baseline->record.cell;
  for (const CellView& view : model.cells) {
    const Cell& cell = view.record.cell;
    if (view.decode_tps.n > 0 && cell.control == 0 && cell.runner == base.runner &&
        cell.decoding == base.decoding && cell.placement == base.placement &&
        cell.threads == base.threads) {
      cells.push_back(&view);
    }
  }
  std::sort(cells.begin(), cells.end(), [](const CellView* a, const CellView* b) {
    return a->record.cell.k < b->record.cell.k;
  });
  if (cells.size() < 2) cells.clear();
  return cells;
}

std::vector<std::pair<double, double>> ParetoFrontier(const std::vector<const CellView*>& cells) {
  std::vector<std::pair<double, double>> points, frontier;
  for (const CellView* cell : cells) {
    if (cell->record.cell.control == 0) {
      points.emplace_back(cell->decode_tps.median, cell->quality.score);
    }
  }
  std::sort(points.rbegin(), points.rend());  // fastest first, of equals the better
  for (const auto& point : points) {
    if (frontier.empty() || point.second > frontier.back().second) frontier.push_back(point);
  }
  std::reverse(frontier.begin(), frontier.end());
  return frontier;
}

std::string ChartDataJson(const SweepView& view) {
  json models = json::array();
  for (const ModelView& model : view.models) models.push_back(ModelData(model));
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
