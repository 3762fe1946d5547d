// What the charts of the HTML report draw, as the JSON of its data block. All text is ready to show
// (report.js adds no figures of its own), and the JSON is safe inside <script>.
// Pure; thread-safe.
#pragma once

#include <string>

#include "results/sweep_view.h"

namespace moebench {

// {"flag_below":0.9,"models":[{"points":[...],"frontier":[...],"curve":[...],
// "charts":[...]}]}, the last those of SectionsOf in its order; every <, > and &
// and everything beyond ASCII is a \u escape.
std::string ChartDataJson(const SweepView& view);

}  // namespace moebench
