// Which cells a chart shows, and by what name. Pure; thread-safe. Pointers point into the model and
// live as long as it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// What tells the cell from the baseline, k always: "k=4", "k=4 lookup". Raw text.
std::string ShortName(const CellView& cell, const CellView* baseline);

// Has figures that can be drawn.
bool HasSpeed(const CellView& cell);
bool HasQuality(const CellView& cell);
// Cells with both that write as the baseline does, one text or several at once: what the Pareto
// chart shows.
std::vector<const CellView*> ChartedCells(const ModelView& model);
// Cells that differ from the baseline in k alone, baseline with them, in rising order of k; empty
// unless there are two.
std::vector<const CellView*> CurveCells(const ModelView& model);
// (tokens/s, quality) of the cells that no other beats in both, in rising order of speed. A/A
// controls take no part.
std::vector<std::pair<double, double>> ParetoFrontier(const std::vector<const CellView*>& cells);

// The settings people ask for first, with decode figures, at most so many: baseline, recommended,
// the curve's, then others in the model's order. The baseline stands first, the others in falling
// order of k. No A/A controls.
std::vector<const CellView*> KeyCells(const ModelView& model, size_t most);

}  // namespace moebench
