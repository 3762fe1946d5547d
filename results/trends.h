// What the nights before look like from tonight: speeds of a few settings night by night with their
// change points, and what changed since the last sweep. Part of the analysis; pure.
#pragma once

#include "results/history.h"
#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

// Fills trends and other_nights of every model, and view.changes. Verdicts and recommendations must
// be there: they choose the settings.
void FillTrends(const SweepRows& tonight, const History& history, SweepView& view);

}  // namespace moebench
