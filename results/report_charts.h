// What the charts of the HTML report draw, as the JSON of its data block. All text is ready to show
// (report.js adds no figures of its own), and the JSON is safe inside <script>.
// Pure; thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// Cells with both figures: what the Pareto chart shows.
std::vector<const CellView*> ChartedCells(const ModelView& model);
// Cells that differ from the baseline in k alone, baseline with them, in rising order of k; empty
// unless there are two.
std::vector<const CellView*> CurveCells(const ModelView& model);
// (tokens/s, quality) of the cells that no other beats in both, in rising order of speed. A/A
// controls take no part.
std::vector<std::pair<double, double>> ParetoFrontier(const std::vector<const CellView*>& cells);

// {"flag_below":0.9,"models":[{"points":[...],"frontier":[...],"curve":[...]}]}; every <, > and &
// and everything beyond ASCII is a \u escape.
std::string ChartDataJson(const SweepView& view);

}  // namespace moebench
