// From raw rows to what people read: figures with intervals, refusals, verdicts, a recommendation.
//   SweepView view = Analyse(store, *store.LatestSweepId());
// Computed anew each time, so a better rule judges old sweeps too. The same rows give the same
// view; a half-finished sweep gives a view of what is there.
#pragma once

#include "results/history.h"
#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

SweepView Analyse(const SweepRows& rows, const History& history = {});
SweepView Analyse(const Store& store, int64_t sweep_id);

}  // namespace moebench
