#include "results/report_cells.h"

#include <algorithm>
#include <cmath>

#include "results/report_facts.h"

namespace moebench {

bool HasSpeed(const CellView& c) {
  return c.decode_tps.n > 0 && std::isfinite(c.decode_tps.median) &&
         std::isfinite(c.decode_tps.lo) && std::isfinite(c.decode_tps.hi);
}

bool HasQuality(const CellView& c) {
  const QualityView& q = c.quality;
  return q.n > 0 && std::isfinite(q.score) && std::isfinite(q.score_lo) &&
         std::isfinite(q.score_hi);
}

std::string ShortName(const CellView& view, const CellView* baseline) {
  const Cell& cell = view.record.cell;
  std::string name = RoutingName(cell);
  if (baseline == nullptr) return name;
  if (&view == baseline) return name + ", baseline";
  const Cell& base = baseline->record.cell;
  if (cell.decoding != base.decoding) name += ' ' + cell.decoding;
  if (cell.placement != base.placement) name += ' ' + cell.placement;
  if (cell.instances > 1) name += ' ' + std::to_string(cell.instances) + " x";
  if (cell.threads != base.threads) name += " t=" + std::to_string(cell.threads);
  if (cell.kv != base.kv) name += " kv=" + cell.kv;
  if (!cell.guessing.recurrent.empty()) name += ' ' + cell.guessing.recurrent;
  return name;
}

std::vector<const CellView*> ChartedCells(const ModelView& model) {
  const CellView* baseline = BaselineOf(model);
  const bool several = baseline && baseline->record.cell.instances > 1;
  std::vector<const CellView*> cells;
  for (const CellView& cell : model.cells) {
    if (several != (cell.record.cell.instances > 1)) continue;
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
        cell.threads == base.threads && cell.instances == base.instances && cell.kv == base.kv) {
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

std::vector<const CellView*> KeyCells(const ModelView& model, size_t most) {
  std::vector<const CellView*> cells;
  const auto add = [&](const CellView* cell) {
    const bool fits = cell != nullptr && cells.size() < most && cell->record.cell.control == 0 &&
                      cell->decode_tps.n > 0;
    if (fits && std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
  };
  add(BaselineOf(model));
  add(RecommendedOf(model));
  for (const CellView* cell : CurveCells(model)) add(cell);
  for (const CellView& cell : model.cells) add(&cell);
  const auto falling_k = [](const CellView* a, const CellView* b) {
    return a->record.cell.k > b->record.cell.k;
  };
  if (!cells.empty()) std::stable_sort(cells.begin() + 1, cells.end(), falling_k);
  return cells;
}

}  // namespace moebench
