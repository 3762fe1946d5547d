// How long a sweep will take, said before it starts and corrected while it runs.
#pragma once

#include <map>
#include <string>

#include "harness/sweep/plan.h"

namespace moebench {

struct TimeEstimate {
  double seconds = 0;
  bool from_history = false;  // every cell's speed is known from the last sweep in the database;
                              // else a guess from bytes and memory bandwidth
};

// decode_tps: cell id -> tokens/s measured earlier. bandwidth_gbps: of the cores in use.
TimeEstimate EstimateSweep(const SweepPlan& plan, const std::map<std::string, double>& decode_tps,
                           double bandwidth_gbps);

std::string FormatDuration(double seconds);  // "45 s", "12 min", "3 h 20 min"

}  // namespace moebench
