// What a routing trace forecast of placements, beside what was measured of them, as a part of a
// report. Pure; thread-safe.
#pragma once

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// The forecast of a cell's placement; nullptr if there is none.
const ForecastView* ForecastOf(const ModelView& model, const Cell& cell);

// A row for each policy in the forecast's order, with the fastest setting of it that was measured
// at the trace's number of experts; beneath it where the measured order is another one beyond its
// intervals. Empty without forecasts.
ReportSection ForecastSection(const ModelView& model);

}  // namespace moebench
