// Which cells a night has time for. The baseline and its controls always run (without them nothing
// can be said), then what was measured longest ago, so that over some nights every cell has its
// turn. What does not fit is left out before it begins, with the reason, not cut off half-way.
//   FitToBudget(plan, history, {.budget_s = 6 * 3600});
#pragma once

#include <map>
#include <string>

#include "harness/sweep/plan.h"

namespace moebench {

struct NightHistory {
  std::map<std::string, double> decode_tps;          // cell id -> tokens/s measured earlier
  std::map<std::string, std::string> last_measured;  // cell id -> UTC stamp
};

struct NightBudget {
  double budget_s = 0;
  double bandwidth_gbps = 0;  // for cells without history
};

// Cells that do not fit become kSkipped and leave their groups. Returns how many. Where not even
// the baseline fits, it stays: the sweep's own budget then ends it. Pure; equal ages are ordered by
// the spec's seed.
int FitToBudget(SweepPlan& plan, const NightHistory& history, const NightBudget& budget);

}  // namespace moebench
